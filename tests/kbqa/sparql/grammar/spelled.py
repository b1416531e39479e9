"""Actions as the text files of this folder have them, over the small graph of films.

A keyword stands for itself, `?0` for a variable, `>director` and `<director` for a relation forwards and
backwards, `f1` for an entity, `Film` for a class, `"drama"` for a value, `1990` for a number of the question.
"""

import re

from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.answer.entity_linking import numbers_in
from kbqa.sparql.grammar import LinkedQuestion, SparqlState
from kbqa.sparql.grammar.actions import (
    BackwardPointer,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    NumberPointer,
    ValuePointer,
)
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.stores import OxigraphStore
from tests.kbqa.conftest import FILMS

BASE = "http://films.example/"


def films() -> Store:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    return store


def live(store: Store) -> LiveGraph:
    opened = OxigraphStore(store, "1")
    return LiveGraph(opened, profile_graph(opened))


def linked(graph: LiveGraph, mentions: str) -> LinkedQuestion:
    """A question that mentions entities (`f1`), values (`genre="drama"`) and numbers (`1990`)."""
    words = mentions.split()
    values = [word.strip('"').split('="') for word in words if "=" in word]
    entities = [word for word in words if "=" not in word and not word.isdecimal()]
    return LinkedQuestion(
        graph,
        tuple(EntityPointer(NamedNode(BASE + name), name) for name in entities),
        tuple(ClassPointer(each.iri, each.text) for each in graph.profile.classes),
        tuple(ValuePointer((NamedNode(BASE + name), Literal(text)), text) for name, text in values),
        tuple(numbers_in(" ".join(word for word in words if word.isdecimal()))),
    )


def spelled(action: Action) -> str:
    match action:
        case Keyword(key=key) | VariablePointer(key=key):
            return f"?{key}" if isinstance(action, VariablePointer) else key
        case ForwardPointer(key=iri) | BackwardPointer(key=iri):
            return f"{'>' if isinstance(action, ForwardPointer) else '<'}{_local(iri)}"
        case EntityPointer(key=iri) | ClassPointer(key=iri):
            return _local(iri)
        case ValuePointer(key=(_, value)):
            return f'"{value.value}"'
        case NumberPointer(key=number):
            return number.value
    raise AssertionError(action)


def _local(iri: NamedNode) -> str:
    return iri.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


def step(state: SparqlState, word: str) -> SparqlState:
    """The state after an action, which must be legal and hold."""
    legal = {spelled(action): action for action in state.legal_actions()}
    assert word in legal, f"{word} is not legal at {state.step}: {' '.join(legal)}"
    assert state.holds([legal[word]]) == [True], f"{word} does not hold"
    return state.apply(legal[word])


def rows_of(graph: LiveGraph, text: str) -> str:
    """What a query finds: cells with commas, rows with spaces, in their order where it has one."""
    rows = [
        ",".join("" if term is None else term.value.removeprefix(BASE) for term in row)
        for row in graph.store.select(text).rows
    ]
    return " ".join(rows if "ORDER BY" in text else sorted(rows))


def shortened(text: str) -> str:
    """A query on one line, with prefixes."""
    text = re.sub(r"<http://films\.example/(\w+)>", r":\1", " ".join(text.split()))
    return re.sub(r"<http://www\.w3\.org/2001/XMLSchema#(\w+)>", r"xsd:\1", text)


def cases(path) -> list[list[str]]:
    """The lines of a text file that are no comments, cut at ` | `."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        [part.strip() for part in line.split(" | ")] for line in lines if line and not line.startswith("#")
    ]
