"""Where the server may connect to on a person's behalf: public addresses, unless others are allowed."""

import ipaddress
import socket
from urllib.parse import urlsplit

from searchapp.errors import InvalidInput

_PORTS = {"http": 80, "https": 443}


class AddressError(InvalidInput):
    """A host may not be connected to; `transient` if its name cannot be looked up now."""

    field = "location"


def addresses_of(host: str, port: int, *, allow_private: bool) -> list[str]:
    """A host's addresses, to be connected to by themselves: its name cannot lead elsewhere meanwhile.

    Raises AddressError.
    """
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (UnicodeError, OverflowError) as error:
        raise AddressError(f"{host} is not the name of a host.") from error
    except OSError as error:
        raise AddressError(
            f"The host {host} is not known: {error.strerror or error}", transient=True
        ) from error
    addresses = [str(entry[4][0]) for entry in entries]
    for address in addresses:
        if not allow_private and not ipaddress.ip_address(address.split("%")[0]).is_global:
            raise AddressError(
                f"{host} leads to the private address {address}; an administrator can allow that with "
                "SOURCE_ALLOW_PRIVATE_ADDRESSES."
            )
    return addresses


def pinned_address(address: str, *, allow_private: bool) -> tuple[str, dict[str, str], dict[str, str]]:
    """An address by its host's number, with the headers and httpx extensions that still name the host.

    Raises AddressError.
    """
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressError(f"{address} is not an address: it must start with https:// or http://.")
    if parts.username or parts.password:
        raise AddressError("Leave user and password out of the address.")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise AddressError(f"{address} is not an address: {error}") from error
    number = addresses_of(parts.hostname, port, allow_private=allow_private)[0]
    host = f"[{number}]" if ":" in number else number
    return (
        parts._replace(netloc=f"{host}:{port}").geturl(),
        {"Host": parts.netloc},
        {"sni_hostname": parts.hostname},
    )
