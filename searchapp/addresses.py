"""Where the server may connect to on a person's behalf: the one policy of all outgoing connections.

Public addresses may be connected to; any other only where `ALLOWED_PRIVATE_HOSTS` names it; and the servers
that this installation itself stands on, its PostgreSQL and Redis, only where it names them with their port or
socket. A host is written in one way here, looked up once, and connected to by the number that was judged, so
that its name cannot lead elsewhere meanwhile (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings

from searchapp.errors import InvalidInput

HTTP_PORTS = {"http": 80, "https": 443}
POSTGRESQL_PORT, REDIS_PORT = 5432, 6379
Number = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NEVER_PUBLIC = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20"))
)
"""Networks that Python takes for public: protocols' own, and tunnels whose other end an address chooses."""


class AddressError(InvalidInput):
    """A host may not be connected to; `transient` if its name cannot be looked up now."""

    field = "location"


@dataclass(frozen=True)
class Host:
    """A host that may be connected to."""

    name: str
    """Written in one way: in small ASCII letters, without a dot at its end, IPv6 without brackets."""
    port: int
    numbers: tuple[str, ...]
    """The addresses that it was looked up to, each of which may be connected to."""
    is_private: bool
    """Whether one of them is not public, and allowed by the settings."""

    @property
    def authority(self) -> str:
        """Name and port as they stand in addresses."""
        return f"{_bracketed(self.name)}:{self.port}"

    @property
    def number(self) -> str:
        """The address to connect to."""
        return self.numbers[0]


@dataclass(frozen=True)
class Address:
    """An address of HTTP whose host may be connected to."""

    host: Host
    _parts: SplitResult

    @property
    def url(self) -> str:
        """The address with its host written in one way, so that every library reads the same in it."""
        return self._with(self.host.authority)

    @property
    def by_number(self) -> tuple[str, dict[str, str], dict[str, str]]:
        """The address by its host's number, with headers and httpx extensions that still name the host."""
        default = self.host.port == HTTP_PORTS[self._parts.scheme]
        return (
            self._with(f"{_bracketed(self.host.number)}:{self.host.port}"),
            {"Host": _bracketed(self.host.name) if default else self.host.authority},
            {"sni_hostname": self.host.name},
        )

    @property
    def pin(self) -> str:
        """The option of curl by which the host's name leads to its number; empty where it is one itself."""
        if self.host.name == self.host.number:
            return ""
        return f"{self.host.name}:{self.host.port}:{_bracketed(self.host.number)}"

    def _with(self, authority: str) -> str:
        return self._parts._replace(netloc=authority).geturl()


def checked_address(address: str) -> Address:
    """An address of HTTP whose host was looked up and may be connected to. Raises AddressError."""
    if any(character <= " " or character in "\x7f\\" for character in address):
        raise AddressError(
            f"{address!r} is not an address: it has spaces, backslashes or control characters."
        )
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{address} is not an address: {error}") from error
    if parts.scheme not in HTTP_PORTS or not parts.hostname:
        raise AddressError(f"{address} is not an address: it must start with https:// or http://.")
    if "@" in parts.netloc:
        raise AddressError(
            "Leave user and password out of the address. Where a token is needed, give it in its own field."
        )
    return Address(checked_host(parts.hostname, port or HTTP_PORTS[parts.scheme]), parts)


def pinned_address(address: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """An address by its host's number, with the headers and httpx extensions that still name the host.

    Raises AddressError.
    """
    return checked_address(address).by_number


def checked_host(host: str, port: int) -> Host:
    """A host that may be connected to, looked up once. Raises AddressError."""
    name = canonical_host(host)
    numbers = _looked_up(name, port)
    is_private = False
    for number in numbers:
        if _is_own(number, port):
            if not any(entry.names_exactly(name, port) for entry in _allowed()):
                raise AddressError(
                    f"{host}:{port} is a server of this installation itself, which is not to be read. An "
                    f"administrator can allow it with ALLOWED_PRIVATE_HOSTS={_bracketed(name)}:{port}."
                )
            is_private = True
        elif not is_public(number):
            if not any(entry.names(name, number, port) for entry in _allowed()):
                raise AddressError(
                    f"{host} leads to the private address {number}; an administrator can allow that with "
                    f"ALLOWED_PRIVATE_HOSTS={_bracketed(name)}."
                )
            is_private = True
    return Host(name, port, tuple(map(str, numbers)), is_private)


def checked_socket(path: str) -> str:
    """The real path of a Unix socket that may be connected to. Raises AddressError.

    The settings name it, or the folder that it lies in; a socket of this installation itself is named by its
    own path.
    """
    real = Path(path).resolve()
    named = {Path(entry.path).resolve() for entry in _allowed() if entry.path}
    if real in named:
        return str(real)
    if real in _own_sockets():
        raise AddressError(
            f"{path} is a server of this installation itself, which is not to be read. An administrator can "
            f"allow it with ALLOWED_PRIVATE_HOSTS={real}."
        )
    if real.parent not in named:
        raise AddressError(
            f"The socket {path} may not be connected to; an administrator can allow it with "
            f"ALLOWED_PRIVATE_HOSTS={real}."
        )
    return str(real)


def canonical_host(host: str) -> str:
    """A host's name or number, written in the one way that all libraries read alike. Raises AddressError.

    Numbers have four decimal parts, or are IPv6 without a zone; `0x7f.1`, `017700000001` and `127.1` are
    refused, since some libraries read them and others look them up.

    >>> canonical_host("Data.Example.")
    'data.example'
    >>> canonical_host("１２７.0.0.1")
    '127.0.0.1'
    """
    try:
        if ":" in host:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else _no_host(host)
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
        name = name.lower().removesuffix(".")
        labels = name.split(".")
        if labels[-1].isdecimal() or labels[-1].startswith("0x"):
            return str(ipaddress.IPv4Address(name))
    except (ValueError, idna.IDNAError):
        return _no_host(host)
    if len(name) > 253 or not all(0 < len(label) < 64 and _LETTERS.issuperset(label) for label in labels):
        return _no_host(host)
    return name


def is_public(number: Number) -> bool:
    """Whether an address is of the public internet. One of IPv6 that stands for one of IPv4 is as that is."""
    number = _unwrapped(number)
    if isinstance(number, ipaddress.IPv6Address) and number not in _GLOBAL_UNICAST:
        return False
    if number.is_multicast or number.is_reserved or not number.is_global:
        return False
    return not any(number in network for network in _NEVER_PUBLIC if network.version == number.version)


@dataclass(frozen=True)
class _Allowed:
    """An entry of `ALLOWED_PRIVATE_HOSTS`: a host, a network, each with or without a port; or a path."""

    host: str = ""
    network: _Network | None = None
    port: int | None = None
    path: str = ""

    def names(self, name: str, number: Number, port: int) -> bool:
        """Whether a host is meant. One address in the list stands for hosts that are written so, a network
        for all that leads into it."""
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            unwrapped = _unwrapped(number)
            return unwrapped.version == self.network.version and unwrapped in self.network
        return bool(self.host) and self.host == name

    def names_exactly(self, name: str, port: int) -> bool:
        """Whether a host is meant with its port."""
        return bool(self.host) and (self.host, self.port) == (name, port)


def parsed_entry(text: str) -> _Allowed:
    """An entry of `ALLOWED_PRIVATE_HOSTS`. Raises ValueError."""
    if text.startswith("/"):
        return _Allowed(path=text)
    host, port = _host_and_port(text)
    try:
        if "/" in host:
            return _Allowed(network=ipaddress.ip_network(host, strict=False), port=port)
        return _Allowed(host=canonical_host(host), port=port)
    except AddressError as error:
        raise ValueError(error.message) from error


def _host_and_port(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[IPv6]`, `[IPv6]:port` and IPv6 alone."""
    host, colon, port = text.rpartition(":")
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1], None
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or (":" in host and not bracketed):
        return text, None
    number = int(port)
    if not 0 < number < 65536:
        raise ValueError(f"{port} is not a port")
    return host[1:-1] if bracketed else host, number


def _allowed() -> Sequence[_Allowed]:
    return _parsed_entries(tuple(settings.ALLOWED_PRIVATE_HOSTS))


@lru_cache(8)
def _parsed_entries(texts: tuple[str, ...]) -> tuple[_Allowed, ...]:
    return tuple(map(parsed_entry, texts))


def _looked_up(name: str, port: int) -> list[Number]:
    """The addresses of a host, each once."""
    try:
        entries = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (UnicodeError, OverflowError) as error:
        raise AddressError(f"{name} is not the name of a host.") from error
    except OSError as error:
        raise AddressError(
            f"The host {name} is not known: {error.strerror or error}", transient=True
        ) from error
    numbers = [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in entries]
    return list(dict.fromkeys(numbers))


def _unwrapped(number: Number) -> Number:
    """The address of IPv4 that one of IPv6 stands for: mapped, or behind the well-known prefix of NAT64."""
    if isinstance(number, ipaddress.IPv6Address):
        if number.ipv4_mapped is not None:
            return number.ipv4_mapped
        if number in _NAT64:
            return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return number


def _is_own(number: Number, port: int) -> bool:
    """Whether a server of this installation listens there; all addresses of this machine are the same one."""
    hosts = [host for host, own_port in _own_servers() if own_port == port]
    if not hosts:
        return False
    number = _unwrapped(number)
    here = _is_here(number)
    for host in hosts:
        try:
            own = {_unwrapped(each) for each in _looked_up(host, port)}
        except AddressError:
            continue
        if number in own or (here and any(map(_is_here, own))):
            return True
    return False


def _is_here(number: Number) -> bool:
    """Whether an address is one of this machine: only such can be bound to."""
    family = socket.AF_INET if number.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(number), 0))
    except OSError:
        return bool(number.is_loopback or number.is_unspecified)
    return True


def _own_servers() -> Iterator[tuple[str, int]]:
    """(host, port) of each server that this installation stands on, and of itself."""
    yield from ((host, port or POSTGRESQL_PORT) for host, port in _own_databases() if host[:1] != "/")
    for url in _own_queues():
        for part in url.split(";"):
            parts = urlsplit(part)
            if parts.hostname:
                yield parts.hostname, parts.port or REDIS_PORT
    yield from (("localhost", port) for port in settings.OWN_PORTS)


def _own_sockets() -> set[Path]:
    """The real paths of the Unix sockets of the servers that this installation stands on."""
    paths = {
        Path(host, f".s.PGSQL.{port or POSTGRESQL_PORT}")
        for host, port in _own_databases()
        if host[:1] == "/"
    }
    paths |= {
        Path(parts.path) for url in _own_queues() if not (parts := urlsplit(url)).hostname and parts.path
    }
    return {path.resolve() for path in paths}


def _own_databases() -> Iterator[tuple[str, int]]:
    for database in settings.DATABASES.values():
        hosts = str(database.get("HOST") or "/var/run/postgresql,localhost").split(",")
        ports = str(database.get("PORT") or "").split(",")
        for place, host in enumerate(hosts):
            port = ports[place] if len(ports) == len(hosts) else ports[0]
            yield host, int(port) if port.isdecimal() else 0


def _own_queues() -> Iterator[str]:
    yield settings.CELERY_BROKER_URL
    for cache in settings.CACHES.values():
        location: Any = cache.get("LOCATION", "")
        yield from location.split(",") if isinstance(location, str) else location


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _no_host(host: str) -> str:
    raise AddressError(
        f"{host!r} is neither the name of a host nor a number as 93.184.216.34 or 2606:2800:220:1::1."
    )
