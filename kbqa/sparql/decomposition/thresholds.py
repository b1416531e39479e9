"""Things compared with one thing: the lakes that are deeper than Lake Ohrid, films released after Titanic.

The value of the one thing is read and found first; then the question is read with that value in its place,
and in the query the value is put back as what finds it.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pyoxigraph import Literal

from kbqa.sparql.decomposition.joining import answer_of, is_plain, replaced, shifted, size_of, things_in
from kbqa.sparql.decomposition.measures import COMPARATIVES, Measure, measures_in
from kbqa.sparql.decomposition.parts import Composed, Part, Reader, composed
from kbqa.sparql.decomposition.values import ValueOf, bare, is_counted, values_of
from kbqa.sparql.query import Comparison, Filter, Having, Item, Query, Value, Variable, query_text

_THING = r"(?:that of |the one of )?(?P<thing>.+?)(?: (?:has|have|does|do|did))?(?P<after>\s*[?.!]*\s*)$"
_BELOW = (
    re.compile(
        r"^(?P<before>.*?(?:\b(?P<verb>[a-z]+) )?\b(?P<grade>more|fewer|less) (?P<noun>[a-z][a-z ]*?) than) "
        + _THING,
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<before>.*?\b(?P<graded>{COMPARATIVES})(?: (?P<noun>[a-z][a-z ]*?))? than) {_THING}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<before>.*?\b(?P<verb>[a-z]+) (?P<time>before|after|earlier than|later than)) {_THING}",
        re.IGNORECASE,
    ),
)
"""Ways to compare with one thing: more films than, deeper than, with a higher price than, released after."""


_HAVING = frozenset(("has", "have", "had", "with", "is", "are", "was", "were"))


def than_one_thing(question: str, reader: Reader) -> Iterator[Composed]:
    """Which lakes are deeper than Lake Ohrid? First: how deep is Lake Ohrid?"""
    for pattern in _BELOW:
        match = pattern.match(question)
        if match is None or match["thing"][:1].isdigit():
            continue
        for measure in _measures(match):
            for value in values_of(measure, bare(match["thing"]), reader):
                yield from _compared(match, measure, value, reader)


def _measures(match: re.Match[str]) -> Iterator[Measure]:
    said = match.groupdict()
    if said.get("time"):
        yield from measures_in(f"was {said['verb']} {said['time'].split()[0]}")
    elif said.get("grade"):
        yield from measures_in(f"is {said['grade']} {said['noun']}")
        if said["verb"] and said["verb"].lower() not in _HAVING:
            yield from measures_in(f"{said['verb']} {said['grade']} {said['noun']}")
        yield from measures_in(f"has {said['grade']} {said['noun']}")
    elif said.get("noun"):
        yield from measures_in(f"has a {said['graded']} {said['noun']}")
    else:
        yield from measures_in(f"is {said['graded']}")


def _compared(match: re.Match[str], measure: Measure, value: ValueOf, reader: Reader) -> Iterator[Composed]:
    words = f"than that of {match['thing']}"
    if is_counted(value.query):
        yield composed(_groups_with(value, measure), [value.part], words, trust=0.8)
        return
    found = _found(value.query, reader)
    if found is None:
        return
    for part in reader.read(f"{match['before']} {_said(found)}{match['after']}"):
        query = _with_value(part, found, value.query)
        if query is not None and value.thing not in things_in(part.query) and reader.graph.holds([query])[0]:
            yield composed(query, [part, value.part], words)


def _groups_with(value: ValueOf, measure: Measure) -> Query:
    """The things of which there are more, or fewer, than of one."""
    anything = Variable(size_of(value.query))
    every, (count,) = replaced(value.query, value.thing, anything), value.query.columns
    comparison = Comparison.GREATER if measure.more else Comparison.LESS
    having = Having(count, comparison, Value(0))
    return replace(every, columns=(Item(anything),), having=having, values=(value.query,))


def _found(query: Query, reader: Reader) -> Literal | None:
    """The only value that a query finds."""
    rows = reader.graph.store.select(query_text(query), limit=2).rows
    values = {row[0] for row in rows}
    value = values.pop() if len(values) == 1 else None
    return value if isinstance(value, Literal) else None


def _said(value: Literal) -> str:
    return value.value.split("T")[0]


def _with_value(part: Part, found: Literal, value: Query) -> Query | None:
    """A query in which the value is what the other query finds; None where it compares with no such value.

    It compares what the other query finds: the same property.
    """
    query, answer = part.query, answer_of(value)
    compared = [condition for condition in query.filters if _is_same(condition.value, found)]
    if len(compared) != 1 or answer is None or not is_plain(value):
        return None
    leading = [edge for edge in value.edges if edge.object == answer]
    led = [edge for edge in query.edges if edge.object == compared[0].variable]
    if len(leading) != 1 or len(led) != 1:
        return None
    same = replace(led[0], predicate=leading[0].predicate)
    edges = tuple(same if edge == led[0] else edge for edge in query.edges)
    moved = shifted(value, begun := size_of(query))
    numerals = query.numerals | moved.numerals
    whole = replace(query, edges=(*edges, *moved.edges), numerals=numerals)
    return _with_filter(whole, compared[0], Variable(answer.index + begun))


def _with_filter(query: Query, condition: Filter, value: Variable) -> Query:
    changed = replace(condition, value=value)
    return replace(query, filters=tuple(changed if each == condition else each for each in query.filters))


def _is_same(value: object, found: Literal) -> bool:
    if not isinstance(value, Literal):
        return False
    try:
        return float(value.value) == float(found.value)
    except ValueError:
        return value.value[:10] == found.value[:10]
