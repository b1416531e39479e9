"""Download of a graph's file by HTTP, from public hosts only.

Each redirect is checked, the size is limited, and a web page is not taken for data.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings
from pyoxigraph import RdfFormat

from kbqa.sparql.ingest.rdf_parser import LoadError, rdf_format
from searchapp.addresses import AddressError, pinned_address

_REDIRECTS, _TIMEOUT = 5, httpx.Timeout(30.0)
_HEADERS = {
    "Accept": (
        "text/turtle, application/n-triples, application/n-quads;q=0.9, application/ld+json;q=0.8, "
        "application/rdf+xml;q=0.8, */*;q=0.1"
    ),
    # The body is kept as it comes, and only what gzip packed is unpacked when it is read.
    "Accept-Encoding": "gzip",
}


def fetch(address: str, target: Path, progress: Callable[[int, int], None]) -> RdfFormat:
    """Write the file at `address` to `target` and return its format.

    Raises LoadError, which is transient where the server is away or its error may pass.
    """
    for _ in range(_REDIRECTS + 1):
        url, headers, extensions = pinned(address)
        try:
            with (
                httpx.Client(timeout=_TIMEOUT, trust_env=False) as client,
                client.stream("GET", url, headers=headers | _HEADERS, extensions=extensions) as response,
            ):
                if not response.has_redirect_location:
                    return _write(response, address, target, progress)
                address = urljoin(address, response.headers["location"])
        except httpx.HTTPError as error:
            raise LoadError(
                f"{address} cannot be fetched: {error or type(error).__name__}", transient=True
            ) from error
    raise LoadError(f"{address} redirects more than {_REDIRECTS} times.")


def pinned(address: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """An address by its host's number, see `pinned_address`. Raises LoadError."""
    try:
        return pinned_address(address, allow_private=settings.SOURCE_ALLOW_PRIVATE_ADDRESSES)
    except AddressError as error:
        raise LoadError(error.message, transient=error.transient) from error


def _write(
    response: httpx.Response, address: str, target: Path, progress: Callable[[int, int], None]
) -> RdfFormat:
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
        for chunk in response.iter_raw(1 << 16):
            done += len(chunk)
            if done > settings.GRAPH_MAX_FILE_BYTES:
                raise LoadError(
                    f"The file at {address} is larger than {settings.GRAPH_MAX_FILE_BYTES:,} bytes."
                )
            file.write(chunk)
            progress(done, max(total, done))
    return form
