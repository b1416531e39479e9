import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from codesearch.sources.base import SourceError
from codesearch.sources.git import GitRemote, check_remote, git_snapshot
from codesearch.sources.ignoring import IgnoreRules
from searchapp.jobs.errors import JobCancelled


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of git projects with one repository, `p.git`, that has a branch, a tag and two commits."""
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "a.py").write_text("def first():\n    return 1\n")
    (work / ".gitignore").write_text("ignored.py\n")
    (work / "ignored.py").write_text("x = 1\n")
    (work / "link.py").symlink_to("/etc/passwd")
    git(work, "add", "-f", ".")
    git(work, "commit", "-qm", "one")
    git(work, "tag", "v1")
    git(work, "checkout", "-qb", "feature")
    (work / "b.py").write_text("def second():\n    return 2\n")
    git(work, "add", ".")
    git(work, "commit", "-qm", "two")
    git(work, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", "--bare", str(work), "p.git")
    git(tmp_path, "init", "-q", "--bare", "empty.git")
    return tmp_path


@pytest.fixture
def remote(project):
    """Serve the folder over HTTP as a git host does; `/private/` wants a token, `/stall/` never answers."""
    stalled = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def handle_request(self):
            if self.path.startswith("/stall/"):
                stalled.wait(30)
                return
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/p.git/info/refs")
                self.end_headers()
                return
            path = self.path
            if path.startswith("/private/"):
                path = path.removeprefix("/private")
                if "Basic" not in self.headers.get("Authorization", ""):
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", "Basic")
                    self.end_headers()
                    return
            name, _, query = path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            environment = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(project),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": name,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            output = subprocess.run(
                ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
            ).stdout
            head, _, content = output.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_request

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    stalled.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _reachable(settings) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]


def fetch(
    url: str, store: Path, ref: str = "", token: str = "", check=lambda: None
) -> tuple[dict[str, bytes], str]:
    snapshot = git_snapshot(GitRemote(url, ref, token, timeout=60), store, IgnoreRules(""), check)
    return {entry.path: entry.read() for entry in snapshot.entries}, snapshot.revision


def test_branches_tags_and_commits(remote, project, tmp_path):
    first = git(project / "work", "rev-parse", "v1")
    second = git(project / "work", "rev-parse", "feature")
    store = tmp_path / "store.git"
    url = f"{remote}/p.git"
    assert fetch(url, store) == (
        # What is tracked is not ignored, whatever the rules say.
        {
            "a.py": b"def first():\n    return 1\n",
            ".gitignore": b"ignored.py\n",
            "ignored.py": b"x = 1\n",
        },
        first,
    )
    assert fetch(url, store, "v1")[1] == first
    files, revision = fetch(url, store, "feature")
    assert "b.py" in files
    assert revision == second
    assert fetch(url, store, second)[1] == second
    assert fetch(url, tmp_path / "other.git", first[:10])[1] == first


def test_tokens_open_private_repositories(remote, tmp_path):
    with pytest.raises(SourceError, match="token"):
        fetch(f"{remote}/private/p.git", tmp_path / "a.git")
    assert "a.py" in fetch(f"{remote}/private/p.git", tmp_path / "b.git", token="secret")[0]


@pytest.mark.parametrize(
    ("path", "ref", "message"),
    [
        ("/p.git", "no-such-branch", "has no branch, tag or commit 'no-such-branch'"),
        ("/p.git", "deadbeef", "has no branch, tag or commit"),
        ("/none.git", "", "no git repository"),
        ("/empty.git", "", "no commits yet"),
        ("/moved/p.git", "", "redirects"),
        ("/p.git", "--upload-pack=evil", "cannot be the name"),
    ],
)
def test_what_is_wrong_is_said(remote, tmp_path, path, ref, message):
    with pytest.raises(SourceError, match=message):
        fetch(f"{remote}{path}", tmp_path / "store.git", ref)


def test_a_dead_remote_is_transient(tmp_path):
    with pytest.raises(SourceError) as error:
        fetch("http://127.0.0.1:9/p.git", tmp_path / "store.git")
    assert error.value.transient


def test_a_remote_that_stalls_can_be_cancelled(remote, tmp_path):
    def cancel():
        raise JobCancelled

    with pytest.raises(JobCancelled):
        fetch(f"{remote}/stall/p.git", tmp_path / "store.git", check=cancel)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.git",
        "http://localhost/x.git",
        "https://10.0.0.1/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/x",
    ],
)
def test_private_addresses_are_refused(settings, url):
    settings.ALLOWED_PRIVATE_HOSTS = []
    with pytest.raises(SourceError, match="private address"):
        check_remote(GitRemote(url))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "ssh://git@host/x",
        "ext::sh -c id",
        "/etc/passwd",
        "https://",
        "https://me:pw@example.org/x",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(SourceError):
        check_remote(GitRemote(url))
