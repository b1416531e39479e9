"""Whose request it is, whatever the headers say."""

import pytest
from django.test import RequestFactory

from searchapp.client_address import client_address, network_of


def address(proxies, forwarded=None, nearest="192.0.2.9", *, settings):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=nearest, **headers))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "192.0.2.9"),
        (0, "198.51.100.1", "192.0.2.9"),
        (0, "198.51.100.1, 198.51.100.2", "192.0.2.9"),
        (1, None, "192.0.2.9"),
        (1, "", "192.0.2.9"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.7, 198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.7,198.51.100.1 ", "198.51.100.1"),
        (2, "203.0.113.7, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "198.51.100.1"),
        (1, "198.51.100.1:4711", "198.51.100.1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "198.51.100.1, unknown", "192.0.2.9"),
        (1, "198.51.100.1, _hidden", "192.0.2.9"),
        (1, "198.51.100.1,", "192.0.2.9"),
        (1, "<script>", "192.0.2.9"),
        (1, "1.2.3.4\x00", "192.0.2.9"),
        (1, "١.٢.٣.٤", "192.0.2.9"),
        (1, "0x7f000001", "192.0.2.9"),
        (1, "," * 5_000, "192.0.2.9"),
        (-1, "198.51.100.1", "192.0.2.9"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(settings, proxies, forwarded, expected):
    assert address(proxies, forwarded, settings=settings) == expected


@pytest.mark.parametrize("nearest", ["", None, "unix:", "gunicorn"])
def test_a_request_without_an_address_has_one_name(settings, nearest):
    assert address(0, None, nearest, settings=settings) == "unknown"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2:3:4:5", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("unknown", "unknown", True),
    ],
)
def test_a_customer_has_many_addresses_of_the_sixth_version_and_one_of_the_fourth(one, other, same):
    assert (network_of(one) == network_of(other)) is same
