"""The value that a question asks of a thing, as it is compared: read of one thing, and asked of another."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

from kbqa.linking.words import fold, stem
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.decomposition.joining import answer_of, is_plain, replaced, things_in
from kbqa.sparql.decomposition.measures import Measure
from kbqa.sparql.decomposition.parts import Part, Reader
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Aggregate, Query

_UNSPOKEN = 0.3
"""How much a value counts whose property has no word of what is compared."""
_ARTICLE = re.compile(r"^(?:the|an?) (?=[a-z])", re.IGNORECASE)
_READINGS = 3
"""How many readings of a part are tried."""


@dataclass(frozen=True)
class ValueOf:
    """A reading of the question for a thing's value; `thing` is where in it the thing stands."""

    part: Part
    thing: NamedNode

    @property
    def query(self) -> Query:
        """The query for the value."""
        return self.part.query


def readings_of(question: str, thing: str, reader: Reader) -> Iterator[ValueOf]:
    """Readings of a question for something of a thing that it names, the best first."""
    for part in reader.read(question)[:_READINGS]:
        named = things_called(thing, question, reader)
        found = [each for each in things_in(part.query) if each in named]
        if len(found) == 1:
            yield ValueOf(part, found[0])


def values_of(measure: Measure, thing: str, reader: Reader) -> Iterator[ValueOf]:
    """Readings of the value of a thing by which it is compared, the best first."""
    for value in readings_of(measure.of(thing), thing, reader):
        query = value.query
        if is_comparable(query, reader.graph):
            spoken = not measure.words or not measure.words.isdisjoint(_words_of(query, reader.graph))
            factor = 1.0 if spoken else _UNSPOKEN
            yield replace(value, part=replace(value.part, probability=value.part.probability * factor))


def values_of_both(
    measure: Measure, one: str, other: str, reader: Reader
) -> Iterator[tuple[ValueOf, NamedNode]]:
    """Readings of the value of a thing by which it is compared, with another thing that has the same."""
    for value in values_of(measure, bare(one), reader):
        things = things_called(other, measure.of(bare(other)), reader)
        thing = of_another(value, things, reader)
        if thing is not None:
            yield value, thing


def bare(thing: str) -> str:
    """What a text calls a thing, without its article, which names rarely have."""
    return _ARTICLE.sub("", thing.strip())


def things_called(text: str, question: str, reader: Reader) -> Sequence[NamedNode]:
    """The things that a question names by words of a text within it, the best first."""
    words = set(fold(text).split())
    return [named.thing for named in reader.named(question) if words.issuperset(fold(named.said).split())]


def of_another(value: ValueOf, things: Sequence[NamedNode], reader: Reader) -> NamedNode | None:
    """The first of some things of which there is the same value; None where there is none."""
    for thing in things:
        of_other = replaced(value.query, value.thing, thing)
        if thing != value.thing and (is_counted(of_other) or reader.graph.holds([of_other])[0]):
            return thing
    return None


def is_comparable(query: Query, graph: LiveGraph) -> bool:
    """Whether a query finds numbers or dates."""
    if is_counted(query):
        return True
    answer = answer_of(query)
    if answer is None or not is_plain(query):
        return False
    leading = [edge.predicate for edge in query.edges if edge.object == answer]
    return answer in query.numerals or any(
        graph.has_numbers(predicate) or graph.range_of(predicate) in DATE_TYPES for predicate in leading
    )


def is_counted(query: Query) -> bool:
    """Whether a query is for a single count."""
    counts = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
    return len(query.columns) == 1 and query.columns[0].aggregate in counts and query.having is None


def _words_of(query: Query, graph: LiveGraph) -> set[str]:
    texts = (graph.profile.every_text.get(edge.predicate, "") for edge in query.edges)
    return {stem(word) for text in texts for word in fold(text).split()}
