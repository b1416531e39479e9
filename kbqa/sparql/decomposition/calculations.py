"""What is calculated of two values: how much heavier, how many times as long, what percentage of."""

import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.linking.adjectives import ADJECTIVES
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.decomposition.joining import answer_of, replaced, side_by_side
from kbqa.sparql.decomposition.measures import COMPARATIVES, Measure, measures_in
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.decomposition.values import bare, is_counted, values_of_both
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.query import Item, Operation, Query

_BE, _END = "is|are|was|were", r"\s*[?.!]*\s*$"
_TWO = r"(?P<one>.+?) (?:and|to) (?:that of |the (?P=noun) of )?(?P<other>.+?)"
_DIFFERENCES = (
    re.compile(
        rf"^how much (?P<graded>{COMPARATIVES}) (?:{_BE}) (?P<one>.+?) than (?P<other>.+?){_END}", re.I
    ),
    re.compile(rf"\bdifference (?:in|of) (?:the )?(?P<noun>.+?) (?:between|of) {_TWO}{_END}", re.I),
    re.compile(rf"\bdifference between the (?P<noun>.+?) of {_TWO}{_END}", re.I),
    re.compile(
        rf"^how many more (?P<counted>.+?) (?:does|do|did|has|have) (?P<one>.+?) (?P<verb>[a-z]+) than "
        rf"(?P<other>.+?){_END}",
        re.I,
    ),
)
_RATIOS = (
    re.compile(
        rf"^how many times (?P<graded>{COMPARATIVES}) (?:{_BE}) (?P<one>.+?) than (?P<other>.+?){_END}", re.I
    ),
    re.compile(rf"^how many times as (?P<plain>[a-z]+) as (?P<other>.+?) (?:{_BE}) (?P<one>.+?){_END}", re.I),
    re.compile(rf"\bratio of the (?P<noun>.+?) of {_TWO}{_END}", re.I),
)
_SHARE = re.compile(
    r"^(?:what|which) (?:percentage|percent|per cent|share|proportion|fraction) of (?:all |the )?"
    r"(?P<whole>.+?) (?P<part>(?:is|are|was|were|has|have|had|do|does|did|can)\b.*?|[a-z]+ .+?)"
    r"(?P<end>\s*[?.!]*)$",
    re.IGNORECASE,
)


def difference_or_ratio(question: str, reader: Reader) -> Iterator[Composed]:
    """How much heavier is A than B?"""
    for patterns, operation in ((_DIFFERENCES, Operation.DIFFERENCE), (_RATIOS, Operation.RATIO)):
        match = next((found for each in patterns if (found := each.search(question))), None)
        if match:
            for measure in _measures(match):
                yield from _calculated(operation, measure, match["one"], match["other"], reader)
            return


def _measures(match: re.Match[str]) -> Iterator[Measure]:
    said = match.groupdict()
    if said.get("graded"):
        yield from measures_in(f"is {said['graded']}")
    elif said.get("counted"):
        yield from measures_in(f"{said['verb']} more {said['counted']}")
    elif said.get("noun"):
        yield from measures_in(f"has a higher {said['noun']}")
    elif (known := ADJECTIVES.get(said["plain"].lower())) is not None:
        yield Measure(f"How {said['plain']} is {{}}?", known.more)


def _calculated(
    operation: Operation, measure: Measure, one: str, other: str, reader: Reader
) -> Iterator[Composed]:
    for value, thing in values_of_both(measure, one, other, reader):
        if _is_number(value.query, reader.graph):
            whole, (left, right) = side_by_side([value.query, replaced(value.query, value.thing, thing)])
            query = replace(whole, columns=(Item(left, None, operation, right),))
            yield composed(query, [value.part], f"{operation} to that of {bare(other)}")


def _is_number(query: Query, graph: LiveGraph) -> bool:
    answer = answer_of(query)
    led = [edge.predicate for edge in query.edges if edge.object == answer]
    return is_counted(query) or not any(graph.range_of(predicate) in DATE_TYPES for predicate in led)


def share(question: str, reader: Reader) -> Iterator[Composed]:
    """What percentage of films are comedies? The films that are, to all of them."""
    match = _SHARE.match(question)
    if match is None:
        return
    every = next(iter(_counts(f"How many {match['whole']} are there?", reader)), None)
    if every is None:
        return
    for part in _counts(f"How many {match['whole']} {match['part']}?", reader):
        if part.query != every.query:
            whole, (left, right) = side_by_side([part.query, every.query])
            query = replace(whole, columns=(Item(left, None, Operation.PERCENTAGE, right),))
            yield composed(query, [part, every], f"as a percentage of {match['whole']}")


def _counts(question: str, reader: Reader) -> Iterator[Part]:
    return (part for part in reader.read(question) if is_counted(part.query))
