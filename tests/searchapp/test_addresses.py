"""Where the server may connect to: the one policy of all outgoing connections."""

import socket
from pathlib import Path

import pytest

from searchapp.addresses import (
    AddressError,
    canonical_host,
    checked_address,
    checked_host,
    checked_socket,
    parsed_entry,
    pinned_address,
)

CASES = (Path(__file__).parent / "hosts.txt").read_text(encoding="utf-8").splitlines()
HOSTS = [line.split(maxsplit=1) for line in CASES if line and not line.startswith("#")]


@pytest.fixture
def resolved(monkeypatch):
    """Let every name resolve to the addresses of a test."""

    def resolve(*addresses):
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)

    return resolve


@pytest.mark.parametrize(("verdict", "host"), HOSTS, ids=[host for _, host in HOSTS])
def test_hosts_in_all_their_spellings(verdict, host):
    """Real look-ups of numbers; nothing but a number is looked up, since no name stands in the list."""
    if verdict == "public":
        assert not checked_host(host, 443).is_private
    else:
        message = "private address" if verdict == "private" else "neither the name of a host nor a number"
        with pytest.raises(AddressError, match=message) as error:
            checked_host(host, 443)
        assert (error.value.transient, error.value.field) == (False, "location")


def test_the_list_has_enough_hosts():
    assert sum(verdict != "public" for verdict, _ in HOSTS) >= 60


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0"])
def test_one_private_address_among_those_of_a_name_is_enough(resolved, settings, address):
    resolved("93.184.216.34", address)
    with pytest.raises(AddressError, match="private address"):
        checked_host("data.example", 443)
    settings.ALLOWED_PRIVATE_HOSTS = ["data.example"]
    assert checked_host("data.example", 443).is_private


def test_a_name_is_looked_up_once(monkeypatch):
    """The second answer of a name server that answers anew each time reaches nobody."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    entry = socket.AF_INET, socket.SOCK_STREAM, 6, ""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*entry, (next(answers), 443))])
    address, headers, _ = pinned_address("https://rebinding.example/x")
    assert (address, headers["Host"]) == ("https://93.184.216.34:443/x", "rebinding.example")


@pytest.mark.parametrize(
    ("allowed", "host", "lets"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1:443", "127.0.0.1", True),
        ("127.0.0.1:444", "127.0.0.1", False),
        ("127.0.0.0/8", "127.3.2.1", True),
        ("127.0.0.0/8:443", "127.3.2.1", True),
        ("127.0.0.0/8:444", "127.3.2.1", False),
        ("10.0.0.0/8", "127.0.0.1", False),
        ("0.0.0.0/0", "::1", False),
        ("0.0.0.0/0", "::ffff:10.0.0.1", True),
        ("::1", "::1", True),
        ("[::1]", "::1", True),
        ("[::1]:443", "0:0:0:0:0:0:0:1", True),
        ("[::1]:444", "::1", False),
        ("fc00::/7", "fd12::1", True),
        ("::/0", "127.0.0.1", False),
        ("LOCALHOST.", "localhost", True),
        ("localhost", "127.0.0.1", False),
        ("none", "127.0.0.1", False),
        ("/var/run", "127.0.0.1", False),
    ],
)
def test_what_the_settings_name(settings, allowed, host, lets):
    settings.ALLOWED_PRIVATE_HOSTS = [allowed]
    if lets:
        assert checked_host(host, 443).is_private
    else:
        with pytest.raises(AddressError, match="private address"):
            checked_host(host, 443)


def test_one_number_in_the_settings_stands_for_no_name_that_leads_to_it(resolved, settings):
    resolved("127.0.0.1")
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1", "localhost"]
    with pytest.raises(AddressError, match=r"ALLOWED_PRIVATE_HOSTS=data\.example"):
        checked_host("data.example", 443)
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.0/8"]
    checked_host("data.example", 443)


@pytest.mark.parametrize(
    "entry", ["", "a b", "10.0.0.0/99", "host:0", "host:99999", "host:x", "1.2.3", "[::1"]
)
def test_entries_that_name_nothing_are_said_so(entry):
    with pytest.raises(ValueError, match=r"not|invalid|neither"):
        parsed_entry(entry)


OWN_HOSTS = ["127.0.0.1", "localhost", "127.0.0.2", "0.0.0.0", "::ffff:127.0.0.1", "::1"]


@pytest.mark.parametrize("host", OWN_HOSTS)
@pytest.mark.parametrize(
    "allowed", [["0.0.0.0/0", "::/0"], OWN_HOSTS, [f"{host}:1" for host in OWN_HOSTS[:4]]]
)
@pytest.mark.parametrize("own", ["database", "broker", "cache", "sentinel", "itself"])
def test_servers_of_the_installation_are_refused_by_each_of_their_addresses(settings, host, allowed, own):
    settings.ALLOWED_PRIVATE_HOSTS = allowed
    if own == "database":
        settings.DATABASES = {"default": {"HOST": "127.0.0.1", "PORT": "7001"}}
    elif own == "broker":
        settings.CELERY_BROKER_URL = "redis://:secret@localhost:7001/0"
    elif own == "cache":
        settings.CACHES = {"default": {"LOCATION": ["redis://127.0.0.1:1", "redis://127.0.0.1:7001/1"]}}
    elif own == "sentinel":
        settings.CELERY_BROKER_URL = "sentinel://localhost:7000;sentinel://localhost:7001"
    else:
        settings.OWN_PORTS = [7001]
    with pytest.raises(AddressError, match="of this installation itself"):
        checked_host(host, 7001)


def test_servers_of_the_installation_are_read_where_they_are_named_with_their_port(settings):
    settings.DATABASES = {"default": {"HOST": "127.0.0.1", "PORT": ""}}
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1:5432"]
    assert checked_host("127.0.0.1", 5432).is_private
    with pytest.raises(AddressError, match="of this installation itself"):
        checked_host("127.0.0.2", 5432)


def test_a_public_server_of_the_installation_is_none_to_be_read_either(settings):
    settings.DATABASES = {"default": {"HOST": "93.184.216.34", "PORT": 5433}}
    with pytest.raises(AddressError, match="of this installation itself"):
        checked_host("93.184.216.34", 5433)
    assert not checked_host("93.184.216.34", 5432).is_private


def test_sockets_need_a_name_and_those_of_the_installation_their_own(settings, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    settings.DATABASES = {"default": {"HOST": str(own), "PORT": ""}}
    settings.CELERY_BROKER_URL = f"redis+socket://{own}/redis.sock"
    settings.CACHES = {"default": {"LOCATION": f"unix://{own}/cache.sock?db=1"}}
    (tmp_path / "link").symlink_to(own)
    database, broker, cache = own / ".s.PGSQL.5432", own / "redis.sock", own / "cache.sock"
    for allowed in ([], [str(own)], [str(tmp_path)], ["0.0.0.0/0"]):
        settings.ALLOWED_PRIVATE_HOSTS = allowed
        for path in (
            database,
            broker,
            cache,
            tmp_path / "link" / ".s.PGSQL.5432",
            f"{other}/../own/redis.sock",
        ):
            with pytest.raises(AddressError, match="of this installation itself"):
                checked_socket(str(path))
    with pytest.raises(AddressError, match="may not be connected to"):
        checked_socket(f"{other}/.s.PGSQL.5432")
    settings.ALLOWED_PRIVATE_HOSTS = [str(other), str(database)]
    assert checked_socket(f"{other}/.s.PGSQL.5433") == f"{other}/.s.PGSQL.5433"
    assert checked_socket(str(database)) == str(database)
    with pytest.raises(AddressError, match="of this installation itself"):
        checked_socket(str(broker))


def test_a_name_that_is_not_known_now_may_be_later(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(AddressError, match="is not known") as error:
        checked_host("data.example", 443)
    assert error.value.transient


@pytest.mark.parametrize("error", [UnicodeError("label too long"), OverflowError("port")])
def test_what_cannot_be_looked_up_stays_wrong(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(AddressError, match="is not the name of a host") as caught:
        checked_host("data.example", 443)
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("address", "pinned", "host"),
    [
        ("http://data.example", "http://8.8.8.8:80", "data.example"),
        ("https://DATA.example:444/a%20b?c=d#e", "https://8.8.8.8:444/a%20b?c=d#e", "data.example:444"),
        ("HTTPS://data.example./", "https://8.8.8.8:443/", "data.example"),
        ("https://data.example:443/films.ttl?x=1", "https://8.8.8.8:443/films.ttl?x=1", "data.example"),
    ],
)
def test_all_but_the_host_of_an_address_is_kept(resolved, address, pinned, host):
    resolved("8.8.8.8", "8.8.4.4")
    assert pinned_address(address) == (pinned, {"Host": host}, {"sni_hostname": "data.example"})


def test_numbers_of_ipv6_are_written_in_brackets(resolved):
    resolved("2606:2800:220:1::1")
    address = checked_address("http://data.example:8080/")
    assert address.by_number[0] == "http://[2606:2800:220:1::1]:8080/"
    assert address.pin == "data.example:8080:[2606:2800:220:1::1]"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://data.example/", "must start with"),
        ("file:///etc/passwd", "must start with"),
        ("https:///films.ttl", "must start with"),
        ("//data.example/", "must start with"),
        ("data.example", "must start with"),
        ("https://user:secret@data.example/", "Leave user and password out"),
        ("https://@data.example/", "Leave user and password out"),
        ("https://data.example@127.0.0.1/", "Leave user and password out"),
        ("https://data.example:99999/", "is not an address"),
        ("https://data.example:x/", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://[data.example]/", "is not an address"),
        ("http://data.example\\@127.0.0.1/", "backslashes"),
        ("http://data.example/\r\nHost: x", "control characters"),
        ("http://data.exa\tmple/", "control characters"),
        (" http://data.example/", "spaces"),
        ("http://data.example/\0", "control characters"),
        ("http://data%2eexample/", "neither the name"),
        ("http://data.example,127.0.0.1/", "neither the name"),
        ("http://a..example/", "neither the name"),
        ("http://" + "a" * 64 + ".example/", "neither the name"),
        ("http://" + "a." * 130 + "example/", "neither the name"),
        ("http://data.example\u2100/", "is not an address"),
        ("http://xn--\ud800.example/", "neither the name"),
    ],
)
def test_other_addresses_are_refused(resolved, address, says):
    resolved("93.184.216.34")
    with pytest.raises(AddressError, match=says):
        checked_address(address)


@pytest.mark.parametrize(
    ("host", "canonical"),
    [("Data.Example.", "data.example"), ("bücher.example", "xn--bcher-kva.example"), ("my_db", "my_db")],
)
def test_a_name_is_written_in_one_way(host, canonical):
    assert canonical_host(host) == canonical
