"""The addresses of database servers: no driver connects anywhere, or reads any file, that was not checked."""

import socket

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import OperationalError

from kbqa.sql.models import Database
from kbqa.sql.sources import services
from kbqa.sql.stores.connections import ConnectError, reachable_url, server_engine
from searchapp.errors import InvalidInput

REFUSED = [
    # Hosts that are not public, or are none, in every place where one can stand
    ("postgresql://u@10.0.0.1/d", "private address"),
    ("postgresql://u@127.1/d", "neither the name"),
    ("postgresql://u@0x7f000001/d", "neither the name"),
    ("postgresql://u@[::ffff:127.0.0.2]/d", "private address"),
    ("postgresql://u@[fe80::1%25eth0]/d", "neither the name"),
    ("postgresql://u@93.184.216.34,10.0.0.1/d", "private address"),
    ("postgresql://u@/d?host=10.0.0.1", "private address"),
    ("postgresql://u@/d?host=93.184.216.34,10.0.0.1", "private address"),
    ("postgresql://u@/d?host=93.184.216.34:5432&host=10.0.0.1:5432", "private address"),
    ("postgresql://u@93.184.216.34/d?host=10.0.0.1", "host twice"),
    ("postgresql://u@/d?host=93.184.216.34,/tmp", "Give one socket"),
    ("postgresql://u@/d", "names no host"),
    ("postgresql:///d", "names no host"),
    ("postgresql://u@/d?host=93.184.216.34,", "names no host"),
    ("postgresql://u@/d?host=@abstract", "neither the name"),
    ("postgresql://u@/d?host=93.184.216.34&port=1,2,3", "one port"),
    ("postgresql://u@/d?host=93.184.216.34&port=x", "not a port"),
    ("postgresql://u@/d?host=93.184.216.34:0", "not a port"),
    # Sockets, that of this installation among them
    ("postgresql://u@/d?host=/tmp", "socket .* may not be connected to"),
    ("postgresql://u@/d?host=/var/run/postgresql", "socket .* may not be connected to"),
    ("postgresql://postgres@/searchapp?host={own}", "of this installation itself"),
    ("postgresql://postgres@/searchapp?host={own}/../postgres", "of this installation itself"),
    ("postgresql://postgres@/searchapp?host={own}&port=5432", "of this installation itself"),
    # What libpq would follow to elsewhere, or read
    ("postgresql://u@93.184.216.34/d?hostaddr=127.0.0.1", "'hostaddr', which is not passed on"),
    ("postgresql://u@93.184.216.34/d?service=local", "'service', which is not passed on"),
    ("postgresql://u@93.184.216.34/d?servicefile=/tmp/x", "not passed on"),
    ("postgresql://u@93.184.216.34/d?passfile=/etc/shadow", "not passed on"),
    ("postgresql://u@93.184.216.34/d?sslkey=/etc/ssl/private/key", "not passed on"),
    ("postgresql://u@93.184.216.34/d?sslcert=/etc/passwd", "not passed on"),
    ("postgresql://u@93.184.216.34/d?sslrootcert=/etc/passwd", "can only be `system`"),
    ("postgresql://u@93.184.216.34/d?sslcrl=/etc/passwd", "not passed on"),
    ("postgresql://u@93.184.216.34/d?dbname=host%3D127.0.0.1", "not passed on"),
    ("postgresql://u@93.184.216.34/d?user=x", "not passed on"),
    ("postgresql://u@93.184.216.34/d?krbsrvname=x", "not passed on"),
    ("postgresql://u@93.184.216.34/d?requiressl=1", "not passed on"),
    ("postgresql://u@93.184.216.34/d?replication=database", "not passed on"),
    ("postgresql://u@93.184.216.34/d?sslmode=disable&sslmode=require", "more than once"),
    ("postgresql://u@93.184.216.34/d?options=-c%20default_transaction_read_only%3Doff", "not passed on"),
    ("postgresql://u@93.184.216.34/d?options=-csession_preload_libraries%3Dx", "not passed on"),
    ("postgresql://u@93.184.216.34/d?options=--log_statement%3Dall", "not passed on"),
    ("postgresql://u@93.184.216.34/d?options=-c%20role%3Da%5C%20-c", "not passed on"),
    ("postgresql://u@93.184.216.34/d?options=-c", "not passed on"),
    ("postgresql://u@93.184.216.34/d?options=role%3Dx", "not passed on"),
    # MySQL's own
    ("mysql://u@10.0.0.1/d", "private address"),
    ("mysql://u@/d", "names no host"),
    ("mysql:///d", "names no host"),
    ("mysql://u@93.184.216.34/d?unix_socket=/run/mysqld/mysqld.sock", "not passed on"),
    ("mysql://u@93.184.216.34/d?read_default_file=/etc/passwd", "not passed on"),
    ("mysql://u@93.184.216.34/d?read_default_group=x", "not passed on"),
    ("mysql://u@93.184.216.34/d?ssl_ca=/etc/passwd", "not passed on"),
    ("mysql://u@93.184.216.34/d?ssl_key=/etc/passwd", "not passed on"),
    ("mysql://u@93.184.216.34/d?local_infile=1", "not passed on"),
    ("mysql://u@93.184.216.34/d?init_command=SET%20GLOBAL%20x=1", "not passed on"),
    ("mysql://u@93.184.216.34/d?host=127.0.0.1", "not passed on"),
    ("mysql://u@93.184.216.34/d?port=6379", "not passed on"),
    ("mysql://u@93.184.216.34/d?bind_address=127.0.0.1", "not passed on"),
    ("mysql://u@93.184.216.34/d?hostaddr=127.0.0.1", "not passed on"),
    ("mysql://u@93.184.216.34,127.0.0.1/d", "neither the name"),
    ("mysql://u@93.184.216.34/d?charset=utf8%0A", "cannot be read"),
    # Of further dialects
    ("mssql+pymssql://u@10.0.0.1/d", "private address"),
    ("mssql+pymssql://dsn", "names no database"),
    ("mssql+pymssql://u@93.184.216.34/d?odbc_connect=Server%3D127.0.0.1", "not passed on"),
    ("mssql+pymssql://u@93.184.216.34/d?driver=x%3BServer%3D127.0.0.1", "cannot be read"),
    ("duckdb:///md:somebody", "no file"),
    ("duckdb:///:memory:", "no file"),
    ("duckdb://", "no file"),
    ("duckdb:///relative.duckdb", "no file"),
    ("duckdb:////etc/passwd?access_mode=read_write", "not passed on"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_private(settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.DATABASE_DIALECTS = ["duckdb", "mssql"]


@pytest.fixture
def own(settings):
    return settings.DATABASES["default"]["HOST"]


@pytest.mark.parametrize(("url", "says"), REFUSED)
def test_addresses_that_lead_elsewhere_are_refused(own, monkeypatch, url, says):
    monkeypatch.setattr("sqlalchemy.engine.url.URL.get_dialect", lambda _: None)  # no driver is needed
    with pytest.raises(ConnectError, match=says):
        reachable_url(url.format(own=own))


@pytest.mark.parametrize("url", [url for url, _ in REFUSED if url.startswith(("postgresql", "mysql"))])
def test_no_driver_is_asked_when_one_is_refused(own, monkeypatch, url):
    """Also of a row that was saved when it could be reached, or by another way."""
    connected = []
    monkeypatch.setattr(psycopg, "connect", lambda *_, **__: connected.append(url))
    monkeypatch.setattr(pymysql, "connect", lambda *_, **__: connected.append(url))
    with pytest.raises(ConnectError):
        server_engine(url.format(own=own)).connect()
    assert not connected


@pytest.mark.parametrize(
    ("url", "connects"),
    [
        ("postgresql://u:p@93.184.216.34/d", "host=93.184.216.34&port=5432&hostaddr=93.184.216.34"),
        (
            "postgresql://u:p@/d?host=data.example:5433&host=8.8.8.8",
            "host=data.example,8.8.8.8&port=5433,5432&hostaddr=93.184.216.34,8.8.8.8",
        ),
        (
            "postgresql://u:p@data.example,8.8.8.8:5433/d",
            "host=data.example,8.8.8.8&port=5433,5433&hostaddr=93.184.216.34,8.8.8.8",
        ),
        (
            "postgresql://u:p@data.example/d?sslmode=verify-full&options=-c role%3Dr -csearch_path%3Ds",
            "host=data.example&port=5432&hostaddr=93.184.216.34&sslmode=verify-full",
        ),
    ],
)
def test_servers_of_postgresql_are_connected_to_by_number_under_their_name(monkeypatch, url, connects):
    entry = socket.AF_INET, socket.SOCK_STREAM, 6, ""
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *_, **__: [(*entry, ("8.8.8.8" if host == "8.8.8.8" else "93.184.216.34", 0))],
    )
    given = {}

    def connect(*_, **arguments):
        given.update(arguments)
        raise psycopg.OperationalError("nobody is there")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(OperationalError):
        server_engine(url).connect()
    for each in connects.split("&"):
        name, _, value = each.partition("=")
        assert str(given[name]) == value
    assert given["options"].endswith(
        "-c default_transaction_read_only=on -c lock_timeout=2000 -c standard_conforming_strings=on"
    )


def test_a_server_of_mysql_is_connected_to_by_number_under_its_name(monkeypatch):
    """The name is what the certificate of the server is compared with."""
    names = iter(["127.0.0.1"])
    entry = socket.AF_INET, socket.SOCK_STREAM, 6, ""

    def looked_up(host, port, *_, **__):
        return [(*entry, (next(names) if host == "data.example" else host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr("searchapp.addresses.is_public", lambda _: True)
    seen = []

    def connect(connection, sock):
        seen.append((connection.host, connection.ssl, sock.getpeername()))
        sock.close()
        raise pymysql.OperationalError(2003, "nobody is there")

    monkeypatch.setattr(pymysql.connections.Connection, "connect", connect)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        engine = server_engine(f"mysql://u:p@data.example:{port}/d?charset=utf8mb4&ssl_verify_identity=true")
        with pytest.raises(OperationalError):
            engine.connect()
    assert seen == [("data.example", True, ("127.0.0.1", port))]


@pytest.mark.django_db
@pytest.mark.parametrize("url", [url for url, _ in REFUSED[::3] if url.startswith("postgresql")])
def test_none_of_them_is_saved(own, url):
    with pytest.raises(InvalidInput) as error:
        services.add_database(name="stolen", source_kind="url", url=url.format(own=own))
    assert error.value.field == "url"
    assert not Database.objects.exists()


@pytest.mark.django_db
def test_a_file_of_duckdb_that_is_there_is_passed_on(tmp_path):
    (tmp_path / "x.duckdb").write_bytes(b"")
    assert reachable_url(f"duckdb:///{tmp_path}/x.duckdb").database == f"{tmp_path}/x.duckdb"
