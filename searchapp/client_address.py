"""The address that a request comes from: the one that throttles count and the audit log keeps."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNKNOWN = "unknown"
"""What stands for the address of a request that has none, as through a Unix socket."""
# What a provider hands to one customer, who may take any address of it.
_IPV6_NETWORK_BITS = 64


def client_address(request: HttpRequest) -> str:
    """The address of the person or program behind a request.

    Each proxy writes whom it heard from at the end of `X-Forwarded-For`: of the entries, only as many are
    believed as there are TRUSTED_PROXIES, since whoever calls can write any before them.
    """
    nearest = str(request.META.get("REMOTE_ADDR") or "")
    proxies = settings.TRUSTED_PROXIES
    if proxies > 0:
        # A request may have several such headers; the server joins them with commas, in their order.
        entries = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
        farthest = _parsed(entries[-min(proxies, len(entries))])
        if farthest is not None:
            return str(farthest)
    address = _parsed(nearest)
    return str(address) if address else UNKNOWN


def network_of(address: str) -> str:
    """The part of an address that one customer has: an IPv4 address whole, of an IPv6 address the network.

    >>> network_of("2001:db8::1:2")
    '2001:db8::/64'
    """
    parsed = _parsed(address)
    if parsed is None or parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))


def _parsed(text: str) -> Address | None:
    """An address in one of the ways that proxies write it, perhaps with a port; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
