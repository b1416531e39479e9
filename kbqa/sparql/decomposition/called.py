"""What something is called: the thing with another name, and the name itself as the answer."""

import re
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kbqa.linking.words import fold
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.query import RDF_TYPE, Edge, Item, Query, Variable

_CALLED = re.compile(
    r"^(?:which|what|who)\b.*? (?:is|are|was|were|goes|go) (?:also |otherwise |sometimes )?"
    r"(?:called|known as|known under the name of|by the name of|named) "
    r"[\"'“‘]?(?P<name>.+?)[\"'”’]?\s*[?.!]*$",
    re.IGNORECASE,
)


def by_another_name(question: str, reader: Reader) -> Iterator[Composed]:
    """Which concept is also called X?"""
    match = _CALLED.match(question)
    if match is None:
        return
    for named in reader.named(question):
        for predicate, name in _names_of(named.thing, match["name"], reader):
            found = Variable(0)
            part = Part(Query((Edge(found, predicate, name),), columns=(Item(found),)), 0.95)
            yield composed(part.query, [part], f"what is called {name.value}")


def _names_of(thing: NamedNode, said: str, reader: Reader) -> Iterator[tuple[NamedNode, Literal]]:
    """The names of a thing that are what was said."""
    graph = reader.graph
    for predicate in (*graph.profile.labels, *(known.predicate for known in graph.profile.schema)):
        rows = graph.store.select(f"SELECT ?n WHERE {{ {thing} {predicate} ?n }}", limit=50).rows
        for (name,) in rows:
            if predicate != RDF_TYPE and isinstance(name, Literal) and fold(name.value) == fold(said):
                yield predicate, name
