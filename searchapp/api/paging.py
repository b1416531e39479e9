"""Pages of lists, with a maximum."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from searchapp.api.parameters import refuse_others


class Paging(PageNumberPagination):
    """`?page=2&page_size=50`, at most 100 a page."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    page_query_description = "Which page, from 1; there is none after the last."
    page_size_query_description = "How many results a page has, at most 100."

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """A page. Raises NotFound after the last, and ValidationError for parameters that are not known."""
        refuse_others(request, {"page", "page_size", *getattr(view, "filters", ())})
        return super().paginate_queryset(queryset, request, view)
