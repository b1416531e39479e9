"""Two things compared by a value: is A longer than B, which of A and B is heavier."""

import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.sparql.decomposition.joining import answer_of, replaced, side_by_side, size_of
from kbqa.sparql.decomposition.measures import COMPARATIVES, Measure, measures_in
from kbqa.sparql.decomposition.parts import Composed, Reader, composed
from kbqa.sparql.decomposition.values import bare, is_counted, values_of_both
from kbqa.sparql.query import Choice, Comparison, Filter, Item, Query, Variable

_BE, _DO = "is|are|was|were", "do|does|did"
_END = r"\s*[?.!]*\s*$"
_GRADED = rf"{COMPARATIVES}|(?:more|less) [a-z]+"
_THAN = (
    re.compile(
        rf"^(?P<be>{_BE}) (?:the )?(?P<noun>[^?]+?) of (?P<one>.+?) (?P<graded>{_GRADED}) than "
        rf"(?:(?:the )?(?P=noun) of |that of )?(?P<other>.+?){_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<be>{_BE}) (?P<one>.+?)['’]s? (?P<noun>[^?]+?) (?P<graded>{_GRADED}) than "
        rf"(?P<other>.+?)(?:['’]s?(?: (?P=noun))?)?{_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<be>{_BE}) (?P<one>.+?) (?P<graded>{_GRADED}) than (?P<other>.+?){_END}", re.IGNORECASE
    ),
    re.compile(
        rf"^(?:{_DO}) (?P<one>.+?) (?P<has>have .+?|[a-z]+ (?:more|fewer|less) .+?) than "
        rf"(?P<other>.+?)(?: (?:{_DO}|has|have|had))?{_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<event>was|were) (?P<one>.+?) (?P<verb>[a-z]+) (?P<time>before|after|earlier than|later than) "
        rf"(?P<other>.+?)(?: (?:was|were))?{_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^did (?P<one>.+?) (?P<verb>[a-z]+) (?P<time>before|after|earlier than|later than) "
        rf"(?P<other>.+?)(?: did)?{_END}",
        re.IGNORECASE,
    ),
)
"""Ways to ask whether one thing is more than another, the ones that say more before."""
_PAIR = r"(?P<one>.+?),? (?:or|and) (?P<other>.+?)"
_WHICH = (
    re.compile(
        rf"^(?:which|who|what)(?: one)?(?: of (?:these|the two|them))? (?P<predicate>.+?)[,:] {_PAIR}{_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:which|what) (?P<class>[\w -]+?) (?P<predicate>(?:{_BE}|has|have|had) .+?)[,:] {_PAIR}{_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:which|who|what)(?: one)? of {_PAIR} (?P<predicate>(?:{_BE}|has|have|had) .+?){_END}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<be>{_BE}) (?P<one>.+?) or (?P<other>.+?) (?P<graded>{_GRADED}){_END}",
        re.IGNORECASE,
    ),
)
"""Ways to ask which of two things is more."""


def yes_or_no(question: str, reader: Reader) -> Iterator[Composed]:
    """Is A longer than B?"""
    for pattern in _THAN:
        if match := pattern.match(question):
            for measure in _measures(match):
                yield from _is_more(measure, match["one"], match["other"], reader)
            return


def which_of_two(question: str, reader: Reader) -> Iterator[Composed]:
    """Which of A and B is longer?"""
    for pattern in _WHICH:
        match = pattern.match(question)
        measures = list(_measures(match)) if match else []
        if match and measures:
            for measure in measures:
                yield from _which(measure, match["one"], match["other"], reader)
            return


def _measures(match: re.Match[str]) -> Iterator[Measure]:
    said = match.groupdict()
    if said.get("predicate"):
        yield from measures_in(said["predicate"])
    elif said.get("noun"):
        (graded, *_) = [*measures_in(f"has a {said['graded'].split()[-1]} {said['noun']}"), None]
        if graded is not None:
            yield replace(graded, asks=f"What {said['be'].lower()} the {said['noun']} of {{}}?")
    elif said.get("graded"):
        yield from measures_in(f"{said['be'].lower()} {said['graded']}")
    elif said.get("has"):
        yield from measures_in(re.sub("^have ", "has ", said["has"], flags=re.IGNORECASE))
    elif said.get("event"):
        yield from measures_in(f"{said['event'].lower()} {said['verb']} {said['time'].split()[0]}")
    elif said.get("time"):
        yield from measures_in(f"{said['verb']} {said['time'].split()[0]}")


def _is_more(measure: Measure, one: str, other: str, reader: Reader) -> Iterator[Composed]:
    comparison = Comparison.GREATER if measure.more else Comparison.LESS
    for value, thing in values_of_both(measure, one, other, reader):
        whole, (left, right) = side_by_side([value.query, replaced(value.query, value.thing, thing)])
        query = replace(whole, filters=(*whole.filters, Filter(left, comparison, right)))
        words = f"is {'more' if measure.more else 'less'} than that of {bare(other)}"
        yield composed(query, [value.part], words)


def _which(measure: Measure, one: str, other: str, reader: Reader) -> Iterator[Composed]:
    for value, thing in values_of_both(measure, one, other, reader):
        either = Variable(size_of(value.query))
        query = replace(
            replaced(value.query, value.thing, either),
            choices=(Choice(either, (value.thing, thing)),),
            columns=(Item(either),),
            order=_key(value.query),
            descending=measure.more,
            place=1,
        )
        words = f"or {bare(other)}, whichever has {'more' if measure.more else 'less'}"
        yield composed(query, [value.part], words)


def _key(query: Query) -> Item:
    if is_counted(query):
        return query.columns[0]
    answer = answer_of(query)
    assert answer is not None
    return Item(answer)
