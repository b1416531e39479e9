"""A database server's address in its parts, as people give them one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from django.conf import settings
from sqlalchemy.engine import URL, make_url

from kbqa.sql.stores.connections import ConnectError, parsed_url
from searchapp.errors import InvalidInput

ENGINES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
"""What addresses of the servers that need no setting begin with, and what these are called."""
TLS_MODES = {
    "": "If the server offers it",
    "disable": "Never",
    "require": "Always",
    "verify": "Always, and the server's certificate is checked",
}
_TLS_PARAMETERS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "postgresql": {
        "verify": {"sslmode": "verify-full", "sslrootcert": "system"},
        "require": {"sslmode": "require"},
        "disable": {"sslmode": "disable"},
    },
    "mysql": {"verify": {"ssl_verify_identity": "true"}, "require": {"ssl_required": "true"}, "disable": {}},
}
"""The parameters of an address by which a driver is told of the mode."""
_NEEDED = {"host": "Give the host.", "database": "Give the database."}
_OWN_FIELDS = ("host", "port")


@dataclass(frozen=True)
class ServerParts:
    """The parts of an address. `host` may be several with commas, or a socket's folder; so may `port`.

    `tls` is one of TLS_MODES; `parameters` are all others, as in an address.
    """

    engine: str
    host: str = ""
    port: str = ""
    database: str = ""
    user: str = ""
    password: str = ""
    tls: str = ""
    parameters: str = ""

    @property
    def server(self) -> tuple[str, str, str, str]:
        """What a password is for: kept ones are sent nowhere else."""
        return self.engine, self.host, self.port, self.user

    @property
    def url(self) -> str:
        """The parts as an address with its password. Raises InvalidInput with the part that is wrong."""
        more = dict(parse_qsl(self.parameters, keep_blank_values=True))
        for name in _OWN_FIELDS:
            # Elsewhere they would lead to another server than the one that the password is for.
            if name in more:
                raise InvalidInput(f"Give the {name} in its own field.", field="parameters")
        query = {**more, **self._tls}
        host, port = self.host.strip(), self.port.strip()
        if "," in host or host.startswith("/"):
            query |= {"host": host, **({"port": port} if port else {})}
            host = port = ""
        if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise InvalidInput(f"{port} is not a port: these are numbers below 65536.", field="port")
        url = URL.create(
            self.engine,
            self.user or None,
            self.password or None,
            host or None,
            int(port) if port else None,
            self.database or None,
            query,
        )
        return url.render_as_string(hide_password=False)

    @property
    def _tls(self) -> Mapping[str, str]:
        backend = "mysql" if self.engine == "mariadb" else self.engine
        modes = _TLS_PARAMETERS.get(backend, {})
        if self.tls and self.tls not in modes:
            raise InvalidInput(f"Say how {self.engine} encrypts among its other parameters.", field="tls")
        return modes.get(self.tls, {})


PARTS = tuple(field.name for field in fields(ServerParts))


def given_parts(given: Mapping[str, Any]) -> ServerParts:
    """The parts that were given one by one, or as a whole address, `url`. Raises InvalidInput.

    >>> given_parts({"host": "db.example", "database": "shop"}).url
    'postgresql://db.example/shop'
    """
    if given.get("url"):
        try:
            return taken_apart(str(given["url"]))
        except ConnectError as error:
            raise InvalidInput(error.message, field="url") from error
    parts = ServerParts(**{name: str(given.get(name) or "") for name in PARTS})
    for name, message in _NEEDED.items():
        if not getattr(parts, name).strip():
            raise InvalidInput(message, field=name)
    return replace(parts, engine=parts.engine or "postgresql")


def taken_apart(url: str) -> ServerParts:
    """An address in its parts. Raises ConnectError."""
    parsed_url(url)
    given = make_url(url.strip())
    query = {name: _joined(value) for name, value in given.query.items()}
    engine = "postgresql" if given.get_backend_name() == "postgres" else given.get_backend_name()
    parts = ServerParts(
        engine,
        given.host or query.pop("host", ""),
        str(given.port or "") or query.pop("port", ""),
        given.database or "",
        given.username or "",
        given.password or "",
    )
    for mode, parameters in _TLS_PARAMETERS.get("mysql" if engine == "mariadb" else engine, {}).items():
        if parameters and parameters.items() <= query.items():
            query = {name: value for name, value in query.items() if name not in parameters}
            parts = replace(parts, tls=mode)
            break
    return replace(parts, parameters="&".join(f"{name}={quote(value)}" for name, value in query.items()))


def engines() -> list[tuple[str, str]]:
    """The kinds of servers with what they are called, those that the settings add among them."""
    return [*ENGINES.items(), *((name, name) for name in settings.DATABASE_DIALECTS)]


def _joined(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)
