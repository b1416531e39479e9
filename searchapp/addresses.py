"""Where the server may connect to on a person's behalf: public addresses, unless an administrator allows others."""

import ipaddress
import socket


class AddressError(ValueError):
    """A host may not be connected to; `transient` if its name cannot be looked up now."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


def addresses_of(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return a host's addresses, to be connected to by themselves, so that the name cannot lead elsewhere meanwhile. Raises AddressError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (UnicodeError, OverflowError) as error:
        raise AddressError(f"{host} is no name of a host.") from error
    except OSError as error:
        raise AddressError(f"The host {host} is not known: {error.strerror or error}", transient=True) from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not allow_private and not ipaddress.ip_address(address.split("%")[0]).is_global:
            raise AddressError(f"{host} leads to the private address {address}; an administrator can allow that with SOURCE_ALLOW_PRIVATE_ADDRESSES.")
    return addresses
