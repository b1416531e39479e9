"""Servers of MariaDB, with encryption and without, as they are tried and connected to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from kbqa.sql.models import Database
from kbqa.sql.sources import connecting
from kbqa.sql.stores.connections import server_engine
from tests.kbqa.sql import mariadb

pytestmark = pytest.mark.skipif(
    mariadb.find() is None, reason="there is no MariaDB here: set MARIADBD to its path"
)
ADD = "/api/v1/databases"


def write_certificate(folder: Path) -> list[str]:
    """Write a certificate that nobody vouches for, and return the options of a server that shows it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    written = {
        "ssl-cert": builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
        "ssl-key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    }
    for option, content in written.items():
        (folder / f"{option}.pem").write_bytes(content)
    return [f"--{option}={folder / option}.pem" for option in written]


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def server(request, tmp_path_factory) -> Iterator[tuple[str, int]]:
    """Yield whether a server encrypts, and its port; it has a database, and a role that reads it."""
    folder = tmp_path_factory.mktemp("mariadb")
    options = write_certificate(folder) if request.param == "encrypted" else []
    with mariadb.running(folder, *options) as url:
        engine = create_engine(url)
        with engine.begin() as connected:
            for statement in (
                "CREATE DATABASE shop", "CREATE TABLE shop.city (name varchar(9))",
                "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret'",
                "GRANT SELECT ON shop.* TO reader@'127.0.0.1'",
            ):  # fmt: skip
                connected.execute(text(statement))
        engine.dispose()
        yield request.param, make_url(url).port


@pytest.fixture
def add(api, server, monkeypatch, transactional_db):
    """Return a function that sends the API the server's parts, some of them others."""
    monkeypatch.setattr(connecting, "SECONDS", 120.0)
    parts = {
        "source_kind": "url", "engine": "mariadb", "host": "127.0.0.1", "port": str(server[1]),
        "database": "shop", "user": "reader", "password": "secret",
    }  # fmt: skip
    return lambda **more: api.post(ADD, {**parts, **more}, format="json")


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"password": "wrong"}, "password", "User or password is wrong."),
        ({"password": ""}, "password", "User or password is wrong."),
        ({"user": "nobody"}, "password", "User or password is wrong."),
        ({"database": "nothing"}, "database", "reader may not connect to the database nothing."),
        ({"tls": "verify"}, "tls", "No encrypted connection can be made"),
    ],
)
def test_it_refuses_in_words_that_are_understood(add, change, field, says):
    refused = add(**change)
    assert refused.status_code == 400
    assert list(refused.data["errors"]) == [field]
    assert says in refused.data["errors"][field][0]
    assert not Database.objects.exists()


@pytest.mark.parametrize("tls", ["", "require"])
def test_it_is_encrypted_where_that_is_required(add, server, tls):
    kind, _ = server
    added = add(tls=tls)
    if tls == "require" and kind == "plain":
        assert list(added.data["errors"]) == ["tls"]
        return
    assert added.status_code == 201, added.data
    with server_engine(Database.objects.get().url).connect() as connected:
        cipher = connected.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1]
    assert bool(cipher) or not tls
