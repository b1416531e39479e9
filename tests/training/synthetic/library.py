"""A graph of four books that was made by hand, so that what is asked of it has a known answer.

Dune (412 pages, by Herbert, a novel, paperback), Emma (474, Austen, novel, hardback, illustrated), Persuasion
(250, Austen, paperback) and Edda (100 pages), of which nothing else is said.
"""

import random

from pyoxigraph import Literal, NamedNode, Quad, Store

from kbqa.sparql.profile import LABEL_PREDICATES
from kbqa.sparql.query import RDF_TYPE, Query, query_text
from training.synthetic.context import Context
from training.synthetic.domains import Attribute, Flag, Relation, Text
from training.synthetic.graphs import XSD, Facts, Property, SyntheticGraph

BASE = "http://library.example/"
AUTHOR = Relation(
    "book",
    "person",
    ("author",),
    ("author",),
    ("who wrote {e}",),
    ("which books did {e} write", "books by {e}"),
)
GENRE = Relation(
    "book", "genre", ("genre",), (), ("what genre is {e}",), ("which books are {e}", "books of the genre {e}")
)
PAGES = Attribute(
    "book",
    ("pages",),
    ("longest",),
    ("shortest",),
    ("longer than {n} pages",),
    ("shorter than {n} pages",),
    ("how many pages does {e} have",),
    50,
    500,
)
BINDING = Text("book", ("binding",), ("hardback", "paperback"), ("in which binding did {e} come out",))
ILLUSTRATED = Flag(
    "book", ("illustrated",), ("have pictures",), ("have no pictures",), ("does {e} have pictures",)
)

BOOKS = {
    "Dune": {
        "pages": "412",
        "author": "Herbert",
        "genre": "novel",
        "binding": "paperback",
        "illustrated": False,
    },
    "Emma": {
        "pages": "474",
        "author": "Austen",
        "genre": "novel",
        "binding": "hardback",
        "illustrated": True,
    },
    "Persuasion": {"pages": "250", "author": "Austen", "binding": "paperback"},
    "Edda": {"pages": "100"},
}
MEMBERS = {"book": tuple(BOOKS), "person": ("Herbert", "Austen", "Homer"), "genre": ("novel", "poem")}


def node(name: str) -> NamedNode:
    """What is called so."""
    return NamedNode(BASE + name)


def library(*, typed: bool = True) -> SyntheticGraph:
    """The graph; without types it does not say what its members are."""
    graph = SyntheticGraph.__new__(SyntheticGraph)
    graph.rng, graph.base, graph.store, graph.typed = random.Random(0), BASE, Store(), typed
    graph.classes, graph.unknown = sorted(MEMBERS), []
    graph.members = {kind: [node(name) for name in names] for kind, names in MEMBERS.items()}
    graph.objects = dict(graph.members)
    graph.names = {node(name): name for names in MEMBERS.values() for name in names}
    graph.called = {node(name): "noun" for name in MEMBERS["genre"]}
    for kind, members in graph.members.items():
        for member in members:
            graph.store.add(Quad(member, LABEL_PREDICATES[0], Literal(graph.names[member])))
            if typed:
                graph.store.add(Quad(member, RDF_TYPE, graph.class_of(kind)))
    graph.facts = [_facts(graph, relation) for relation in (AUTHOR, GENRE)]
    graph.attributes, graph.texts = (
        [_property(graph, PAGES, "integer")],
        [_property(graph, BINDING, "string")],
    )
    graph.flags = [_property(graph, ILLUSTRATED, "boolean")]
    return graph


def _facts(graph: SyntheticGraph, relation: Relation) -> Facts:
    name = relation.names[0]
    pairs = [(node(book), node(said[name])) for book, said in BOOKS.items() if name in said]
    for subject, target in pairs:
        graph.store.add(Quad(subject, node(name), target))
    return Facts(relation, node(name), pairs)


def _property(graph: SyntheticGraph, definition, datatype: str) -> Property:
    name = definition.names[0]
    values = {
        node(book): Literal(str(said[name]).lower(), datatype=NamedNode(XSD + datatype))
        for book, said in BOOKS.items()
        if name in said
    }
    for subject, value in values.items():
        graph.store.add(Quad(subject, node(name), value))
    return Property(definition, node(name), name, datatype, values)


def context(seed: int = 0, *, typed: bool = True) -> Context:
    """The graph with draws by chance."""
    return Context(library(typed=typed), random.Random(seed))


def answer(graph: SyntheticGraph, query: Query) -> list[tuple[str, ...]] | bool:
    """What a query finds: names and values, row by row in their order; or whether it is so."""
    found = graph.store.query(query_text(query))
    if isinstance(found, bool) or not query.columns:
        return bool(found)
    return [tuple("" if value is None else _shown(graph, value) for value in row) for row in found]


def _shown(graph: SyntheticGraph, value) -> str:
    return graph.names[value] if isinstance(value, NamedNode) else value.value
