"""What IRIs are called in a graph: their labels, in the languages that are wanted."""

from collections.abc import Callable, Iterable, Sequence

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.profile import Naming, local_text
from kbqa.sparql.stores.base import GraphStore


def texts_of(
    store: GraphStore,
    iris: Iterable[NamedNode],
    labels: tuple[NamedNode, ...],
    languages: Sequence[str] = Naming.languages,
    said: Callable[[str], str] = local_text,
) -> dict[NamedNode, str]:
    """The label of each IRI, in the first of the languages that it has one in, or what is `said` by
    the IRI itself.
    """
    found = {iri: said(iri.value) for iri in iris}
    if not found:
        return found
    for label in reversed(labels):
        rows = store.select(
            f"SELECT ?k ?l WHERE {{ VALUES ?k {{ {' '.join(map(str, found))} }} ?k {label} ?l }}"
        ).rows
        for iri, text in sorted(rows, key=lambda row: _language_rank(row[1], languages)):
            if isinstance(iri, NamedNode) and isinstance(text, Literal) and text.value.strip():
                found[iri] = text.value
    return found


def _language_rank(term: object, languages: Sequence[str]) -> int:
    """A higher rank for what is rather shown: a wanted language, then none, then any other."""
    language = (term.language if isinstance(term, Literal) else None) or ""
    wanted = [
        place for place, each in enumerate(languages) if language == each or language.startswith(f"{each}-")
    ]
    return 1 + len(languages) - wanted[0] if wanted else 0 if language else 1
