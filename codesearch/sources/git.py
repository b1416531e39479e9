"""Files of a git remote, read from the objects of a bare, shallow fetch: nothing is checked out.

The fetch runs git with no prompts, no redirects to other hosts, no local configuration, and the server's
address resolved beforehand and pinned, so that a name cannot lead to a private address (DNS rebinding
included).
"""

import base64
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from codesearch.sources.base import Entry, LeftOut, Reason, Snapshot, SourceError
from codesearch.sources.ignoring import RULE_FILES, IgnoreRules
from codesearch.sources.ssh import SshAddress, advice_on, checked_files, checked_ssh_address, is_ssh_address
from searchapp.addresses import Address, AddressError, checked_address

_REF = re.compile(r"^(?!-)(?!.*\.\.)[\w./@+#-]{1,200}\Z")
_STALLED_SECONDS = 30
_FETCH_ONE = ("fetch", "--quiet", "--no-tags", "--depth", "1", "--no-write-fetch-head", "--force")
_FETCH_ALL = ("fetch", "--quiet", "--tags", "--force")
_FETCH_CONFIGURATION = {
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": str(_STALLED_SECONDS),
    "protocol.allow": "never",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "fetch.fsckObjects": "true",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.badTimezone": "ignore",
}
_TRANSIENT = re.compile(
    r"timed? ?out|could not resolve|connection (refused|reset)|early EOF|hung up|RPC failed|503|502|504"
    r"|transfer closed|low speed|unable to access",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class GitRemote:
    """Where to fetch from."""

    url: str
    ref: str = ""
    token: str = ""
    timeout: float = 1800.0
    ssh_key: str = ""
    """The file of the key that addresses of SSH are read with."""
    ssh_known_hosts: str = ""
    """The file of the keys that hosts of SSH have to show."""


def is_git_address(text: str) -> bool:
    """Whether a text is written as the address of a remote, and not as a path."""
    return "://" in text or is_ssh_address(text)


def check_remote(remote: GitRemote) -> Address | SshAddress:
    """The remote's address, whose host may be connected to.

    Raises SourceError where the remote's address or ref is not allowed.
    """
    if remote.ref and not _REF.match(remote.ref):
        raise SourceError(f"{remote.ref!r} cannot be the name of a branch, tag or commit.", field="ref")
    if is_ssh_address(remote.url):
        checked_files(remote.ssh_key, remote.ssh_known_hosts)
        return checked_ssh_address(remote.url)
    try:
        return checked_address(remote.url)
    except AddressError as error:
        raise SourceError(error.message, transient=error.transient) from error


def git_snapshot(
    remote: GitRemote, store: Path, rules: IgnoreRules, check_cancelled: Callable[[], None]
) -> Snapshot:
    """Fetch into the bare repository `store` and return the files of the commit. Raises SourceError."""
    if shutil.which("git") is None:
        raise SourceError("git is not installed on the server; install it, or upload an archive instead.")
    if not (store / "HEAD").exists():
        store.mkdir(parents=True, exist_ok=True)
        _git(store, "init", "--quiet", "--bare", ".")
    commit = _fetch(remote, store, check_cancelled)
    left_out = LeftOut()
    return Snapshot(_entries(store, commit, rules, left_out), left_out, revision=commit)


def _fetch(remote: GitRemote, store: Path, check_cancelled: Callable[[], None]) -> str:
    """Fetch what the remote's `ref` names, a branch, a tag or a commit; its commit. Raises SourceError."""
    address = check_remote(remote)
    configuration = _configuration(remote, address)
    wanted = remote.ref or "HEAD"
    arguments = [*_FETCH_ONE, address.url, f"+{wanted}:refs/searchapp/head"]
    try:
        _run_fetch(store, arguments, configuration, remote, check_cancelled)
    except SourceError as error:
        if error.transient or not re.fullmatch(r"[0-9a-f]{4,40}", wanted):
            raise
        # A commit that the server does not give by itself comes with its branch.
        arguments = [*_FETCH_ALL, address.url, "+refs/heads/*:refs/searchapp/heads/*"]
        _run_fetch(store, arguments, configuration, remote, check_cancelled)
        try:
            return _git(store, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}").decode().strip()
        except SourceError:
            raise error from None
    return _git(store, "rev-parse", "--verify", "refs/searchapp/head^{commit}").decode().strip()


def _configuration(remote: GitRemote, address: Address | SshAddress) -> dict[str, str]:
    """Settings of git for a fetch, with the number that the remote's host was looked up to."""
    configuration = dict(_FETCH_CONFIGURATION)
    if isinstance(address, SshAddress):
        files = checked_files(remote.ssh_key, remote.ssh_known_hosts)
        return configuration | {
            "protocol.http.allow": "never",
            "protocol.https.allow": "never",
            "protocol.ssh.allow": "always",
            "core.sshCommand": address.command(*files),
            "ssh.variant": "ssh",
        }
    if address.pin:
        configuration["http.curloptResolve"] = address.pin
    if remote.token:
        basic = base64.b64encode(f"x-access-token:{remote.token}".encode()).decode()
        configuration["http.extraHeader"] = f"Authorization: Basic {basic}"
    return configuration


def _run_fetch(
    store: Path,
    arguments: list[str],
    configuration: dict[str, str],
    remote: GitRemote,
    check_cancelled: Callable[[], None],
) -> None:
    # By environment and not by argument: the process list must not show the token.
    environment = plain_environment()
    environment["GIT_CONFIG_COUNT"] = str(len(configuration))
    for number, (key, value) in enumerate(configuration.items()):
        environment[f"GIT_CONFIG_KEY_{number}"], environment[f"GIT_CONFIG_VALUE_{number}"] = key, value
    process = subprocess.Popen(
        ["git", *arguments],
        cwd=store,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        output = _error_output(process, remote.timeout, check_cancelled)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        words = output.decode("utf-8", errors="replace")
        raise _explained(words.replace(arguments[-2], remote.url), remote)


def _error_output(
    process: subprocess.Popen[bytes], timeout: float, check_cancelled: Callable[[], None]
) -> bytes:
    """What a process writes to standard error until its end. Raises SourceError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return process.communicate(timeout=1.0)[1]
        except subprocess.TimeoutExpired:
            check_cancelled()
            if time.monotonic() > deadline:
                message = f"Fetching took longer than {timeout:.0f} seconds."
                raise SourceError(message, transient=True) from None


def _explained(output: str, remote: GitRemote) -> SourceError:
    """Turn git's words into advice. The address, which may have any words in it, is no sign of anything."""
    words = output.replace(remote.url, "")
    lowered = words.lower()
    if "couldn't find remote ref" in lowered or "not our ref" in lowered:
        return _without_ref(remote)
    if (
        "authentication failed" in lowered
        or "could not read username" in lowered
        or " 401" in lowered
        or " 403" in lowered
    ):
        return SourceError("The server asks for a sign-in: give a token that may read this repository.")
    if is_ssh_address(remote.url) and (advice := advice_on(lowered)):
        return SourceError(advice)
    if "redirect" in lowered or "error: 30" in lowered:
        return SourceError("The address redirects; give the address that it leads to.")
    if (
        "not found" in lowered
        or "not valid: is this a git repository" in lowered
        or " 404" in lowered
        or "dumb http" in lowered
    ):
        return SourceError(
            f"There is no git repository at {remote.url} (or it is private and needs a token)."
        )
    last = output.strip().splitlines()[-1:] or ["no message"]
    return SourceError(
        f"git could not fetch {remote.url}: {last[0][:300]}", transient=bool(_TRANSIENT.search(words))
    )


def _without_ref(remote: GitRemote) -> SourceError:
    if remote.ref:
        return SourceError(f"{remote.url} has no branch, tag or commit {remote.ref!r}.", field="ref")
    return SourceError(f"{remote.url} has no commits yet.")


def _entries(store: Path, commit: str, rules: IgnoreRules, left_out: LeftOut) -> Iterator[Entry]:
    listing = _git(store, "ls-tree", "-r", "-z", "--long", "--full-tree", commit).split(b"\0")
    with _ObjectReader(store) as reader:
        files = list(_listed_files(listing, left_out))
        rules.track({path for path, _, _ in files})
        # Git lists `(docs)/.gitignore` before `.gitignore`; the deeper one must come after it, to decide.
        for path, digest, _size in sorted(files, key=lambda file: file[0].count("/")):
            if PurePosixPath(path).name in RULE_FILES:
                rules.add(path, reader.read(digest))
        for path, digest, size in files:
            reason = rules.reason(path)
            if reason:
                left_out.add(reason, path)
            else:
                read = partial(reader.read, digest)
                yield Entry(path, size, read, bytes.fromhex(digest), rules.marks(path))


def _listed_files(listing: list[bytes], left_out: LeftOut) -> Iterator[tuple[str, str, int]]:
    for line in listing:
        if not line:
            continue
        fields, _, raw_path = line.partition(b"\t")
        mode, _kind, digest, size = fields.split()
        path = raw_path.decode("utf-8", errors="replace")
        if not mode.startswith(b"100"):
            left_out.add(Reason.SUBMODULE if mode == b"160000" else Reason.LINK, path)
        elif path.encode() != raw_path:
            left_out.add(Reason.UNREADABLE, path)
        else:
            yield path, digest.decode(), int(size)


class _ObjectReader:
    """One `git cat-file --batch` for all the objects of a snapshot."""

    def __init__(self, store: Path) -> None:
        self._process = subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=store,
            env=plain_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> "_ObjectReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, digest: str) -> bytes:
        """Content of the object."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{digest}\n".encode())
            self._process.stdin.flush()
            header = self._process.stdout.readline().split()
            if len(header) != 3:
                raise SourceError(f"The fetched repository lacks the object {digest}.")
            content = self._process.stdout.read(int(header[2]) + 1)
        except BrokenPipeError as error:
            raise SourceError("git ended while the fetched files were being read.", transient=True) from error
        return content[:-1]


def _git(store: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        ["git", *arguments],
        cwd=store,
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SourceError(
            f"git {arguments[0]} failed: {done.stderr.decode('utf-8', errors='replace').strip()[-300:]}"
        )
    return done.stdout


def plain_environment() -> dict[str, str]:
    """Environment without anyone's git configuration, credentials or prompts."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_OPTIONAL_LOCKS": "0",
    }
