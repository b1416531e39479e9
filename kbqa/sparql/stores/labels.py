"""Labels of IRIs, in the languages that are wanted."""

from collections.abc import Callable, Iterable, Sequence

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.profile import Naming, local_text
from kbqa.sparql.stores.base import Queried


def texts_of(
    store: Queried,
    iris: Iterable[NamedNode],
    labels: tuple[NamedNode, ...],
    languages: Sequence[str] = Naming.languages,
    said: Callable[[str], str] = local_text,
) -> dict[NamedNode, str]:
    """The label of each IRI in the first language that it has one in, else what the IRI itself `said`."""
    texts = {iri: said(iri.value) for iri in iris}
    if not texts:
        return texts
    values = " ".join(map(str, texts))
    for label in reversed(labels):
        rows = store.select(f"SELECT ?k ?l WHERE {{ VALUES ?k {{ {values} }} ?k {label} ?l }}").rows
        for iri, text in sorted(rows, key=lambda row: _language_rank(row[1], languages)):
            if isinstance(iri, NamedNode) and isinstance(text, Literal) and text.value.strip():
                texts[iri] = text.value
    return texts


def _language_rank(term: object, languages: Sequence[str]) -> int:
    """Sort key of labels, the best last: 0 in another language, 1 in none, then `languages` from the last."""
    language = (term.language if isinstance(term, Literal) else None) or ""
    for index, wanted in enumerate(languages):
        if language == wanted or language.startswith(f"{wanted}-"):
            return 1 + len(languages) - index
    return 0 if language else 1
