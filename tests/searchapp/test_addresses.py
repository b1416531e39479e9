"""Where the server may connect to."""

import socket

import pytest

from searchapp.addresses import AddressError, addresses_of, pinned_address


@pytest.fixture
def resolved(monkeypatch):
    """Let every name resolve to the addresses of a test."""

    def resolve(*addresses):
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)

    return resolve


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "0.0.0.0"]
)
def test_private_addresses_need_permission(resolved, address):
    resolved("93.184.216.34", address)
    with pytest.raises(AddressError, match="private address") as error:
        addresses_of("data.example", 443, allow_private=False)
    assert (error.value.transient, error.value.field) == (False, "location")
    assert address in addresses_of("data.example", 443, allow_private=True)


def test_a_name_that_is_not_known_now_may_be_later(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(AddressError, match="is not known") as error:
        addresses_of("data.example", 443, allow_private=False)
    assert error.value.transient


def test_an_address_is_pinned_to_its_number_and_keeps_its_name(resolved):
    resolved("93.184.216.34")
    assert pinned_address("https://data.example/films.ttl?x=1", allow_private=False) == (
        "https://93.184.216.34:443/films.ttl?x=1",
        {"Host": "data.example"},
        {"sni_hostname": "data.example"},
    )
    resolved("2606:2800:220:1::1")
    address, _, _ = pinned_address("http://data.example:8080/", allow_private=False)
    assert address == "http://[2606:2800:220:1::1]:8080/"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://data.example/", "must start with"),
        ("https:///films.ttl", "must start with"),
        ("https://user:secret@data.example/", "Leave user and password out"),
        ("https://data.example:99999/", "is not an address"),
    ],
)
def test_other_addresses_are_refused(resolved, address, says):
    resolved("93.184.216.34")
    with pytest.raises(AddressError, match=says):
        pinned_address(address, allow_private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:2800:220:1::1"])
def test_public_addresses_need_no_permission(resolved, address):
    resolved(address)
    assert addresses_of("data.example", 443, allow_private=False) == [address]


@pytest.mark.parametrize(
    "address",
    [
        "100.64.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "192.0.2.1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::",
    ],
)
def test_shared_mapped_and_unique_local_addresses_are_private_too(resolved, address):
    resolved(address)
    with pytest.raises(AddressError, match="private address"):
        addresses_of("data.example", 443, allow_private=False)


@pytest.mark.parametrize("error", [UnicodeError("label too long"), OverflowError("port")])
def test_what_cannot_be_a_name_stays_wrong(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(AddressError, match="is not the name of a host") as caught:
        addresses_of("x" * 300, 443, allow_private=False)
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("address", "pinned", "host"),
    [
        ("http://data.example", "http://8.8.8.8:80", "data.example"),
        ("https://DATA.example:444/a%20b?c=d#e", "https://8.8.8.8:444/a%20b?c=d#e", "DATA.example:444"),
        ("HTTPS://data.example/", "https://8.8.8.8:443/", "data.example"),
    ],
)
def test_all_but_the_host_of_an_address_is_kept(resolved, address, pinned, host):
    resolved("8.8.8.8", "8.8.4.4")
    number, headers, extensions = pinned_address(address, allow_private=False)
    assert (number, headers, extensions) == (pinned, {"Host": host}, {"sni_hostname": "data.example"})
