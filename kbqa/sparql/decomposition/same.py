"""Two things that have the same: do A and B have the same director, what do A and B share, both A and B."""

import re
from collections.abc import Iterator
from dataclasses import replace

from kbqa.sparql.decomposition.joining import answer_of, intersected, is_plain, replaced, shifted, size_of
from kbqa.sparql.decomposition.parts import Composed, Reader, composed
from kbqa.sparql.decomposition.values import bare, of_another, readings_of, things_called
from kbqa.sparql.query import RDF_TYPE, Query, Variable

_END = r"\s*[?.!]*\s*$"
_PAIR = r"(?P<one>.+?) and (?P<other>.+?)"
_OF = "What is the {noun} of {{}}?"
_SAME: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (
        re.compile(
            rf"^do(?:es)? {_PAIR} (?:both )?(?:have|share) (?:the same|an?) (?P<noun>.+?){_END}", re.I
        ),
        (_OF,),
    ),
    (
        re.compile(
            rf"^is the (?P<noun>.+?) of (?P<one>.+?) (?:also |the same as )(?:the (?P=noun) of|that of) "
            rf"(?P<other>.+?){_END}",
            re.I,
        ),
        (_OF,),
    ),
    (
        re.compile(
            rf"^(?P<be>are|were) {_PAIR} (?P<how>(?:[a-z]+ )?[a-z]+) the same (?P<noun>.+?){_END}", re.I
        ),
        ("Which {noun} {is_} {{}} {how}?", _OF),
    ),
    (
        re.compile(
            rf"^(?P<do>did|do) {_PAIR} (?P<how>[a-z]+(?: [a-z]+)?) the same (?P<noun>.+?){_END}", re.I
        ),
        ("Which {noun} {does} {{}} {how}?", _OF),
    ),
)
"""Ways to ask whether two things have the same, and the questions of one of them."""
_SHARED = re.compile(
    rf"^(?:what|which) (?P<noun>.+?) (?:do|did) {_PAIR} (?:share|both have|have in common){_END}", re.I
)
_BOTH = re.compile(rf"^(?P<before>.+ )both (?P<one>.+?) and (?P<other>.+?)(?P<after>{_END})", re.I)
_BUT_NOT = re.compile(
    r"^(?P<before>.+?),? (?:but|and) not (?:in |by |from |of |with |at |for )?"
    rf"(?P<other>.+?)(?P<after>{_END})",
    re.I,
)


def have_the_same(question: str, reader: Reader) -> Iterator[Composed]:
    """Do A and B have the same director?"""
    for pattern, asked in _SAME:
        match = pattern.match(question)
        if match is None:
            continue
        said = match.groupdict()
        is_ = "was" if (said.get("be") or "").lower() == "were" else "is"
        does = "did" if (said.get("do") or "").lower() == "did" else "does"
        for form in asked:
            asks = form.format(noun=said["noun"], is_=is_, does=does, how=said.get("how"))
            yield from _of_both(asks, said["one"], said["other"], reader, is_yes_or_no=True)
        return


def shared_by_two(question: str, reader: Reader) -> Iterator[Composed]:
    """Which directors do A and B share, and what is of both A and B?"""
    if match := _SHARED.match(question):
        asks = _OF.format(noun=match["noun"])
        yield from _of_both(asks, match["one"], match["other"], reader, is_yes_or_no=False)
    elif match := _BOTH.match(question):
        asks = f"{match['before']}{{}}{match['after']}"
        yield from _of_both(asks, match["one"], match["other"], reader, is_yes_or_no=False)


def of_one_alone(question: str, reader: Reader) -> Iterator[Composed]:
    """What is of A but not of B?"""
    match = _BUT_NOT.match(question)
    if match is None:
        return
    things = things_called(match["other"], question, reader)
    for value in readings_of(f"{match['before']}{match['after']}", match["before"], reader):
        answer, thing = answer_of(value.query), of_another(value, things, reader)
        if answer is not None and thing is not None:
            query = _without(value.query, replaced(value.query, value.thing, thing), answer)
            yield composed(query, [value.part], f"but not {match['other']}")


def _of_both(asks: str, one: str, other: str, reader: Reader, *, is_yes_or_no: bool) -> Iterator[Composed]:
    question, of_other = asks.replace("{}", bare(one)), asks.replace("{}", bare(other))
    for value in readings_of(question, one, reader):
        if not is_plain(value.query):
            continue
        thing = of_another(value, things_called(other, of_other, reader), reader)
        both = intersected(value.query, replaced(value.query, value.thing, thing)) if thing else None
        if both is not None:
            query = replace(both, columns=()) if is_yes_or_no else both
            words = f"{'the same' if is_yes_or_no else 'also'} of {bare(other)}"
            if is_yes_or_no or reader.graph.holds([query])[0]:
                yield composed(query, [value.part], words)


def _without(query: Query, other: Query, answer: Variable) -> Query:
    """A query without what another one finds, which has the same answer variable."""
    begun = size_of(query)
    moved = replaced(shifted(other, begun), Variable(answer.index + begun), answer)
    edges = tuple(edge for edge in moved.edges if edge.predicate != RDF_TYPE)
    return replace(query, negations=(*query.negations, edges))
