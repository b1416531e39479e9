"""Facets as links: each adds its filter to the query, or takes it away again."""

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.urls import reverse

from codesearch.parsing import language_label

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
    """The groups for a query; those of pasted code have no addresses, since code has no filters."""
    if "\n" in text.strip():
        return []
    groups = []
    for name, values in counts.items():
        facets = [_facet(text, name, value, count) for value, count in islice(values.items(), _MAX_COUNT)]
        groups.append(FacetGroup(_TITLES[name], facets))
    return groups


def _facet(text: str, name: str, value: str, count: int) -> Facet:
    chosen = re.compile(rf"(^|\s){name}:{re.escape(value)}(?=\s|$)", re.IGNORECASE)
    is_chosen = bool(chosen.search(text))
    toggled = chosen.sub(" ", text) if is_chosen else f"{text} {name}:{value}"
    label = language_label(value) if name == "lang" else value
    return Facet(
        label, count, f"{reverse('search')}?{urlencode({'q': ' '.join(toggled.split())})}", is_chosen
    )
