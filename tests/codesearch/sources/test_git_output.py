"""What git says and lists, as this product understands it; no server is asked."""

import socket
import subprocess

import pytest

from codesearch.sources import git
from codesearch.sources.base import LeftOut, Reason, SourceError
from codesearch.sources.git import GitRemote, check_remote
from codesearch.sources.ignoring import IgnoreRules

URL = "https://git.example/redirect/404/issue-503 timed out.git"


@pytest.mark.parametrize(
    ("output", "ref", "message", "field", "transient"),
    [
        ("fatal: couldn't find remote ref dev", "dev", "no branch, tag or commit 'dev'", "ref", False),
        ("fatal: couldn't find remote ref HEAD", "", "has no commits yet", "location", False),
        ("error: Server does not allow; not our ref 12ab", "12ab", "no branch, tag", "ref", False),
        ("fatal: Authentication failed for '{url}/'", "", "give a token", "location", False),
        ("could not read Username for '{url}'", "", "give a token", "location", False),
        ("The requested URL returned error: 403", "", "give a token", "location", False),
        ("The requested URL returned error: 301", "", "address redirects", "location", False),
        ("fatal: repository '{url}/' not found", "", "no git repository", "location", False),
        ("fatal: {url}/info/refs not valid: is this a git repository?", "", "no git rep", "location", False),
        ("fatal: unable to access '{url}/': Could not resolve host", "", "could not fetch", "location", True),
        ("fatal: early EOF", "", "could not fetch", "location", True),
        ("The requested URL returned error: 503", "", "could not fetch", "location", True),
        ("fatal: bad object {url}", "", "could not fetch", "location", False),
        ("warning: x\nfatal: the last line counts\n", "", "the last line counts", "location", False),
        ("", "", "no message", "location", False),
    ],
)
def test_gits_words_become_advice_whatever_the_address_is(output, ref, message, field, transient):
    error = git._explained(output.format(url=URL), GitRemote(URL, ref))
    assert message in error.message
    assert (error.field, error.transient) == (field, transient)


def test_only_files_are_listed_and_the_rest_is_counted():
    left_out = LeftOut()
    listing = [
        b"100644 blob aa    12\ta.py",
        b"100755 blob bb     0\tbin/run me.sh",
        b"120000 blob cc     9\tlink.py",
        b"160000 commit dd       -\tsubmodule",
        "100644 blob ee     1\tgröße\tu.py".encode(),
        b"100644 blob ff     1\tbad\xff.py",
        "100644 blob gg     1\tso \ufffd named.py".encode(),
        b"",
    ]
    assert list(git._listed_files(listing, left_out)) == [
        ("a.py", "aa", 12),
        ("bin/run me.sh", "bb", 0),
        ("größe\tu.py", "ee", 1),
        ("so \ufffd named.py", "gg", 1),
    ]
    assert left_out.counts == {Reason.LINK: 1, Reason.SUBMODULE: 1, Reason.UNREADABLE: 1}


@pytest.fixture
def committed(tmp_path):
    """A function that commits files to a new repository and returns it with the commit."""

    def run(files):
        def call(*arguments):
            identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
            done = subprocess.run(
                ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
            )
            return done.stdout.decode().strip()

        call("init", "-q")
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        call("add", "-f", ".")
        call("commit", "-qm", "one")
        return tmp_path, call("rev-parse", "HEAD")

    return run


def test_the_deeper_ignore_file_decides_however_git_sorts_the_folders(committed):
    store, commit = committed(
        {
            ".searchappignore": "*.py\n",
            "(docs)/.searchappignore": "!kept.py\n",
            "(docs)/kept.py": "x = 1\n",
            "(docs)/other.py": "x = 2\n",
            "z.py": "x = 3\n",
        }
    )
    left_out = LeftOut()
    entries = {entry.path: entry for entry in git._entries(store, commit, IgnoreRules(""), left_out)}
    assert set(entries) == {".searchappignore", "(docs)/.searchappignore", "(docs)/kept.py"}
    assert left_out.paths == {Reason.SEARCH_IGNORED: ["(docs)/other.py", "z.py"]}
    assert entries["(docs)/kept.py"].size == 6


def test_files_are_read_while_they_are_listed_with_gits_own_digests(committed):
    store, commit = committed({"a.py": "first\n", "b.py": ""})
    entries = git._entries(store, commit, IgnoreRules(""), LeftOut())
    first = next(entries)
    assert (first.path, first.read(), first.name) == ("a.py", b"first\n", "a.py")
    # git hash-object
    assert first.digest.hex() == "9c59e24b8393179a5d712de4f990178df5734d99"
    assert next(entries).read() == b""


def test_an_object_that_is_lacking_is_told(committed):
    store, _ = committed({"a.py": "x"})
    with git._ObjectReader(store) as reader, pytest.raises(SourceError, match="lacks the object"):
        reader.read("0" * 40)


def test_a_git_command_that_fails_says_why(tmp_path):
    with pytest.raises(SourceError, match=r"git rev-parse failed: .*not a git repository"):
        git._git(tmp_path, "rev-parse", "HEAD")


def test_nobodys_configuration_and_no_prompt_reaches_git(monkeypatch):
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    monkeypatch.setenv("HOME", "/home/somebody")
    environment = git.plain_environment()
    assert "GIT_SSH_COMMAND" not in environment
    assert environment["HOME"] == environment["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert environment["GIT_TERMINAL_PROMPT"] == "0"


def test_git_that_is_not_installed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SourceError, match="git is not installed"):
        git.git_snapshot(GitRemote("https://x.example/y"), tmp_path, IgnoreRules(""), lambda: None)


@pytest.fixture
def resolved(monkeypatch):
    entry = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:2800:220:1::1", 443, 0, 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])


@pytest.mark.parametrize(
    ("url", "canonical", "pin"),
    [
        (
            "https://git.example/x.git",
            "https://git.example:443/x.git",
            "git.example:443:[2606:2800:220:1::1]",
        ),
        (
            "http://GIT.example.:8080/x.git",
            "http://git.example:8080/x.git",
            "git.example:8080:[2606:2800:220:1::1]",
        ),
        (
            "https://gít.example/x.git",
            "https://xn--gt-nja.example:443/x.git",
            "xn--gt-nja.example:443:[2606:2800:220:1::1]",
        ),
        ("https://[2606:2800:220:1::1]/x.git", "https://[2606:2800:220:1::1]:443/x.git", ""),
    ],
)
def test_the_address_that_was_checked_is_the_one_that_is_used(resolved, url, canonical, pin):
    address = check_remote(GitRemote(url))
    assert (address.url, address.pin) == (canonical, pin)


@pytest.mark.parametrize("ref", ["main", "v1.2+3", "feature/größe", "a@b", "#12", "9c59e24b83"])
def test_names_of_branches_tags_and_commits_are_accepted(resolved, ref):
    check_remote(GitRemote("https://git.example/x.git", ref))


@pytest.mark.parametrize("ref", ["-x", "a..b", "a b", "a\nb", "main\n", "a:b", "a^", "a~1", "x" * 201])
def test_what_cannot_be_a_name_is_refused_at_its_field(resolved, ref):
    with pytest.raises(SourceError, match="cannot be the name") as error:
        check_remote(GitRemote("https://git.example/x.git", ref))
    assert error.value.field == "ref"


def test_a_port_that_cannot_be_is_refused(resolved):
    with pytest.raises(SourceError, match="is not an address"):
        check_remote(GitRemote("https://git.example:99999/x.git"))
