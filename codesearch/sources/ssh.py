"""Git over SSH: with the key that the settings name, to the host that was judged, and with nothing else.

The keys, agents and configuration of the account that the server runs as are never used.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codesearch.sources.base import SourceError
from searchapp.addresses import AddressError, Host, checked_host

SSH_PORT = 22
# As git reads it, `git@host:path` is an address unless a slash comes before the colon.
_SHORT = re.compile(
    r"^(?:(?P<user>[\w.-]+)@)(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<path>(?!/)[^\s\\]+|/[^\s\\]+)\Z"
)
_USER = re.compile(r"^\w[\w.-]{0,63}\Z")
_PATH = re.compile(r"^/(?!-)[^\s\\\x00-\x1f]{1,900}\Z")


@dataclass(frozen=True)
class SshAddress:
    """An address of SSH whose host may be connected to."""

    host: Host
    user: str
    path: str

    @property
    def url(self) -> str:
        """The address with its host written in one way."""
        return f"ssh://{self.user}@{self.host.authority}{self.path}"

    def command(self, key: Path, known_hosts: Path) -> str:
        """The program that git runs to connect: to the number that was judged, by the named key alone."""
        options = (
            f"HostName={self.host.number}",
            f"HostKeyAlias={self.host.name}",
            f"IdentityFile={key}",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            f"UserKnownHostsFile={known_hosts}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "ForwardAgent=no",
            "ClearAllForwardings=yes",
            "PermitLocalCommand=no",
            "ConnectTimeout=30",
        )
        return shlex.join(["ssh", "-F", "none", *(part for option in options for part in ("-o", option))])


def is_ssh_address(address: str) -> bool:
    """Whether an address is one of SSH, in either form.

    >>> is_ssh_address("git@github.com:django/django.git"), is_ssh_address("ssh://git@host/x")
    (True, True)
    >>> is_ssh_address("https://github.com/django/django"), is_ssh_address("/a:b")
    (False, False)
    """
    return address.lower().startswith("ssh://") or _SHORT.match(address) is not None


def checked_ssh_address(address: str) -> SshAddress:
    """An address of SSH whose host was looked up and may be connected to. Raises SourceError."""
    short = _SHORT.match(address)
    try:
        if short is not None:
            user, host, path, port = short["user"], short["host"].strip("[]"), short["path"], SSH_PORT
            path = path if path.startswith("/") else f"/{path}"
        else:
            parts = urlsplit(address)
            if parts.password is not None or parts.query or parts.fragment or not parts.hostname:
                raise SourceError(f"{address} is not an address of SSH: write ssh://git@host/path.")
            user, host, path, port = (
                parts.username or "git",
                parts.hostname,
                parts.path,
                parts.port or SSH_PORT,
            )
        if not _USER.match(user) or not _PATH.match(path):
            raise SourceError(f"{address} is not an address of SSH: write ssh://git@host/path.")
        return SshAddress(checked_host(host, port), user, path)
    except ValueError as error:
        raise SourceError(f"{address} is not an address: {error}") from error
    except AddressError as error:
        raise SourceError(error.message, transient=error.transient) from error


def advice_on(output: str) -> str:
    """What to do about what ssh says, in small letters; empty where it is not known."""
    if "host key verification failed" in output:
        return "The host's key is not the one that GIT_SSH_KNOWN_HOSTS has for it, or there is none for it."
    if "permission denied" in output:
        return "The host refuses the key that GIT_SSH_KEY names; add its public half there."
    return ""


def checked_files(key: str, known_hosts: str) -> tuple[Path, Path]:
    """The files of the key and of the hosts' keys that the settings name. Raises SourceError."""
    if not key or not known_hosts:
        raise SourceError(
            "Addresses of SSH need a key: an administrator sets GIT_SSH_KEY to the file of one that may "
            "read, and GIT_SSH_KNOWN_HOSTS to a file with the keys of the hosts (ssh-keyscan makes one)."
        )
    files = Path(key).expanduser(), Path(known_hosts).expanduser()
    for setting, file in zip(("GIT_SSH_KEY", "GIT_SSH_KNOWN_HOSTS"), files, strict=True):
        if not file.is_absolute() or not file.is_file():
            raise SourceError(f"{setting} names no file on the server: {file}.")
    return files
