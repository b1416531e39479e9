"""Download of a graph's file by HTTP, from public hosts only.

Each redirect is checked, the size is limited, and a web page is not taken for data.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings
from pyoxigraph import RdfFormat

from kbqa.sparql.ingest.rdf_parser import LoadError, rdf_format
from searchapp.addresses import Address, AddressError, checked_address
from searchapp.connection_deadline import connection_deadline

_REDIRECTS, _TIMEOUT = 5, httpx.Timeout(30.0)
_HEAD_SECONDS = 60.0
"""How long a server may take until what it sends is the file."""
_HEADERS = {
    "Accept": (
        "text/turtle, application/n-triples, application/n-quads;q=0.9, application/ld+json;q=0.8, "
        "application/rdf+xml;q=0.8, */*;q=0.1"
    ),
    # The body is kept as it comes, and only what gzip packed is unpacked when it is read.
    "Accept-Encoding": "gzip",
}


def fetch(address: str, target: Path, progress: Callable[[int, int], None]) -> RdfFormat | None:
    """Write the file at `address` to `target` and return its format; None where an archive tells it.

    Raises LoadError, which is transient where the server is away or its error may pass; whatever `progress`
    raises.
    """
    from_public, ends = False, time.monotonic() + settings.GRAPH_LOAD_SECONDS
    for _ in range(_REDIRECTS + 1):
        checked = checked_location(address)
        if from_public and checked.host.is_private:
            raise LoadError(f"A redirect leads to the private address {checked.host.authority}.")
        url, headers, extensions = checked.by_number
        try:
            with (
                httpx.Client(timeout=_TIMEOUT, trust_env=False) as client,
                closing(_begun(client, url, headers, extensions)) as response,
            ):
                if not response.has_redirect_location:
                    return _write(response, address, target, progress, ends)
                address, from_public = _redirected(address, response), not checked.host.is_private
        except (TimeoutError, httpx.HTTPError) as error:
            raise LoadError(
                f"{address} cannot be fetched: {error or type(error).__name__}", transient=True
            ) from error
    raise LoadError(f"{address} redirects more than {_REDIRECTS} times.")


def checked_location(address: str) -> Address:
    """An address whose host was looked up and may be connected to. Raises LoadError."""
    try:
        return checked_address(address)
    except AddressError as error:
        raise LoadError(error.message, transient=error.transient) from error


def _begun(
    client: httpx.Client, url: str, headers: dict[str, str], extensions: dict[str, str]
) -> httpx.Response:
    """An answer whose body is still to come. Raises TimeoutError, httpx.HTTPError."""
    with connection_deadline(_HEAD_SECONDS) as trace:
        request = client.build_request(
            "GET", url, headers=headers | _HEADERS, extensions={**extensions, "trace": trace}
        )
        return client.send(request, stream=True)


def _redirected(address: str, response: httpx.Response) -> str:
    """The address that a redirect leads to. Raises LoadError for one that cannot be read."""
    try:
        return urljoin(address, response.headers["location"])
    except ValueError as error:
        raise LoadError(f"{address} redirects to what is no address: {error}") from error


def _write(
    response: httpx.Response,
    address: str,
    target: Path,
    progress: Callable[[int, int], None],
    ends: float,
) -> RdfFormat | None:
    if response.status_code >= 500 or response.status_code == 429:
        raise LoadError(f"{address} answers {response.status_code}.", transient=True)
    if response.status_code != 200:
        raise LoadError(f"{address} answers {response.status_code}.")
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        raise LoadError(f"{address} is a web page and no RDF file.")
    form = rdf_format(urlsplit(address).path, kind)
    total, done = int(response.headers.get("content-length") or 0), 0
    with target.open("wb") as file:
        # As they come: portions of a size would be waited for.
        for chunk in response.iter_raw():
            done += len(chunk)
            if time.monotonic() > ends:
                raise LoadError(
                    f"{address} sends too slowly: it was not complete after {settings.GRAPH_LOAD_SECONDS:,} "
                    "seconds. Fetch it yourself and upload the file, or raise GRAPH_LOAD_SECONDS."
                )
            if done > settings.GRAPH_MAX_FILE_BYTES:
                raise LoadError(
                    f"The file at {address} is larger than {settings.GRAPH_MAX_FILE_BYTES:,} bytes."
                )
            file.write(chunk)
            progress(done, max(total, done))
    return form
