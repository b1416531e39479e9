"""Which form an answer of the API has, where that is not JSON alone."""

from collections.abc import Sequence
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches, order_by_precedence


class JsonForBrowsers(DefaultContentNegotiation):
    """Gives browsers JSON, which they ask for as a page: an address can be looked at."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The renderer of an answer. Raises NotAcceptable."""
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            if not accepts(request, "text/html"):
                raise
            return renderers[0], renderers[0].media_type


class AnyContent(BaseContentNegotiation):
    """Leaves the Accept header to the view: results have media types that DRF does not know."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of the request's media type."""
        kind = (request.content_type or "").split(";")[0].strip()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first renderer, for errors."""
        return renderers[0], renderers[0].media_type


def accepts(request: Request, media_type: str) -> bool:
    """Whether a request names a media type."""
    given = request.headers.get("Accept", "*/*").split(",")
    return any(media_type_matches(each.strip(), media_type) for each in given)


def accepted(request: Request, media_types: Sequence[str]) -> str:
    """The first of some media types that a request takes before others. Raises NotAcceptable."""
    given = request.headers.get("Accept", "*/*")
    for wanted in order_by_precedence([each.strip() for each in given.split(",")]):
        for each in wanted:
            found = [kind for kind in media_types if media_type_matches(each, kind)]
            if found:
                return found[0]
    raise NotAcceptable
