"""Facets as links: each adds its filter to the query, or takes it away again."""

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.urls import reverse

from codesearch.parsing import language_label
from codesearch.retrieval.syntax import filters_of_line

_TITLES = {"repo": "Repository", "lang": "Language", "kind": "Kind"}
_MAX_COUNT = 12


@dataclass(frozen=True)
class Facet:
    """One value with its count and the address that toggles it."""

    label: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True)
class FacetGroup:
    """The values of one filter."""

    title: str
    facets: list[Facet]


def facet_groups(text: str, counts: dict[str, dict[str, int]]) -> list[FacetGroup]:
    """The groups for a query; filters of pasted code stand in its last line."""
    groups = []
    for name, values in counts.items():
        facets = [_facet(text, name, value, count) for value, count in islice(values.items(), _MAX_COUNT)]
        groups.append(FacetGroup(_TITLES[name], facets))
    return groups


def _facet(text: str, name: str, value: str, count: int) -> Facet:
    code, line = _divided(text.strip())
    chosen = re.compile(rf"(^|\s){name}:{re.escape(value)}(?=\s|$)", re.IGNORECASE)
    is_chosen = bool(chosen.search(line))
    toggled = chosen.sub(" ", line) if is_chosen else f"{line} {name}:{value}"
    label = language_label(value) if name == "lang" else value
    query = code + " ".join(toggled.split())
    return Facet(label, count, f"{reverse('search')}?{urlencode({'q': query})}", is_chosen)


def _divided(text: str) -> tuple[str, str]:
    """Pasted code, and the line of its filters; of anything else, all is in that line."""
    if "\n" not in text:
        return "", text
    code, _, last = text.rpartition("\n")
    return (f"{code}\n", last) if filters_of_line(last) else (f"{text}\n", "")
