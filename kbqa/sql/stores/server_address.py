"""The addresses of database servers: what may stand in one, and the numbers that are connected to.

A driver follows whatever its address says: other hosts, sockets, files of passwords, services of its own
configuration. So only what is listed here is passed on, and hosts are those that the policy of outgoing
connections lets through, by the number that it looked at.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from searchapp.addresses import POSTGRESQL_PORT, AddressError, checked_host, checked_socket

NUMBER = "hostaddr"
"""The parameter that holds the number of the host to connect to, as libpq calls it."""
_DEFAULT_PORTS = {"postgresql": POSTGRESQL_PORT, "mysql": 3306, "oracle": 1521, "mssql": 1433}
_PARAMETERS = {
    "postgresql": {
        "application_name", "channel_binding", "client_encoding", "gssencmode", "host", "options", "port",
        "sslmode", "sslrootcert", "target_session_attrs",
    },
    "mysql": {"charset", "ssl_required", "ssl_verify_identity"},
    "oracle": {"service_name"},
    "mssql": {"charset", "driver", "Encrypt"},
}  # fmt: skip
"""The parameters of an address that are passed on, by the driver's backend; of others, none."""
_PARAMETERS_FIELD = "parameters"
_OPTIONS = {"role", "search_path", "timezone"}
"""The settings of a session of PostgreSQL that an address may have."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-")


def checked_url(url: URL) -> URL:
    """An address that names the number of its host, so that the host cannot be another one meanwhile.

    Raises AddressError for hosts that may not be connected to, and for parameters that are not known here.
    """
    backend = url.get_backend_name()
    known = _PARAMETERS.get(backend, set())
    for name, value in url.query.items():
        if name not in known:
            advice = f"Leave it out; known are {', '.join(sorted(known))}." if known else "Leave it out."
            raise AddressError(
                f"The address has a parameter {name!r}, which is not passed on. {advice}",
                field=_PARAMETERS_FIELD,
            )
        if not isinstance(value, str) and name != "host":
            raise AddressError(
                f"The address has the parameter {name!r} more than once.", field=_PARAMETERS_FIELD
            )
    return _postgresql(url) if backend == "postgresql" else _other(url, backend)


def _postgresql(url: URL) -> URL:
    """All hosts of an address of PostgreSQL, each with its number; or the folder of its socket."""
    _check_options(str(url.query.get("options", "")))
    if url.query.get("sslrootcert", "system") != "system":
        raise AddressError(
            "The parameter sslrootcert can only be `system`, the authorities of the server.",
            field=_PARAMETERS_FIELD,
        )
    named = list(_hosts(url))
    if [host for host, _ in named if host.startswith("/")]:
        if len(named) > 1:
            raise AddressError("Give one socket, or hosts.")
        folder, port = named[0]
        socket = Path(checked_socket(f"{folder}/.s.PGSQL.{port}"))
        given = {"host": str(socket.parent), "port": str(port)}
        return url.set(host=None, port=None).update_query_dict(given)
    hosts = [checked_host(host, port) for host, port in named]
    given = {
        "host": ",".join(host.name for host in hosts),
        "port": ",".join(str(host.port) for host in hosts),
        NUMBER: ",".join(host.number for host in hosts),
    }
    return url.set(host=None, port=None).update_query_dict(given)


def _hosts(url: URL) -> Iterator[tuple[str, int]]:
    """(host, port) of each host that an address names, in any of the ways there are."""
    given = url.query.get("host", "")
    if given and url.host:
        raise AddressError("The address names its host twice.")
    texts = [part for text in ([given] if isinstance(given, str) else given) for part in text.split(",")]
    ports = [part for part in str(url.query.get("port", "")).split(",") if part]
    hosts = texts if given else [*(url.host or "").split(",")]
    if not all(hosts):
        raise AddressError("The address names no host, as postgresql://user:password@host/database does.")
    if ports and (len(ports) not in (1, len(hosts)) or url.port):
        raise AddressError("Give each host one port.", field="port")
    for place, text in enumerate(hosts):
        host, _, own_port = text.partition(":") if given and text.count(":") == 1 else (text, "", "")
        listed = ports[place if len(ports) > 1 else 0] if ports else str(url.port or POSTGRESQL_PORT)
        yield host, _port(own_port or listed)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise AddressError(f"{text!r} is not a port.", field="port")
    return int(text)


def _check_options(text: str) -> None:
    """Check the settings of a session: `-c name=value`, without quotes, each on the list."""
    words = iter(text.split())
    for word in words:
        setting = next(words, "") if word == "-c" else word.removeprefix("-c").removeprefix("--")
        name, equals, value = setting.partition("=")
        if "\\" in setting or not word.startswith("-") or not equals or not value or name not in _OPTIONS:
            raise AddressError(
                f"The option {word!r} is not passed on; known are -c {', -c '.join(sorted(_OPTIONS))}.",
                field=_PARAMETERS_FIELD,
            )


def _other(url: URL, backend: str) -> URL:
    """The address of another server by its host's number, or that of a file."""
    if not url.host:
        return _file(url, backend)
    if backend in ("mysql", "mssql", "oracle") and any(
        not _PLAIN.issuperset(str(value)) for value in url.query.values()
    ):
        raise AddressError("The address has a parameter that cannot be read.", field=_PARAMETERS_FIELD)
    if backend != "mysql" and not (url.database or "service_name" in url.query):
        raise AddressError("The address names no database.", field="database")
    host = checked_host(url.host, url.port or _DEFAULT_PORTS.get(backend, 0))
    if backend == "mysql":
        return url.set(host=host.name, port=host.port).update_query_dict({NUMBER: host.number})
    return url.set(host=host.number, port=url.port)


def _file(url: URL, backend: str) -> URL:
    """The address of a file of a database that has no server."""
    if backend in _DEFAULT_PORTS:
        raise AddressError(f"The address names no host, as {backend}://user:password@host/database does.")
    path = Path(url.database or "")
    if not path.is_absolute() or not path.is_file():
        raise AddressError(f"There is no file {url.database or ''} on the server; give its whole path.")
    return url


def without_number(url: URL) -> tuple[URL, Mapping[str, str]]:
    """An address for a driver that knows no `hostaddr`, and the parameters that were in it."""
    names = (NUMBER, "ssl_required", "ssl_verify_identity")
    taken = {name: str(url.query[name]) for name in names if name in url.query}
    return url.difference_update_query(taken), taken
