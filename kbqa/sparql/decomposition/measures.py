"""What things are compared by: the question for one thing's value, and whether more of it is meant."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kbqa.linking.adjectives import ADJECTIVES, Form
from kbqa.linking.words import fold, stem

_MORE = (
    "higher|highest|greater|greatest|larger|largest|bigger|biggest|longer|longest|better|best|older|oldest"
)
_LESS = "lower|lowest|smaller|smallest|lesser|shorter|shortest|worse|worst|younger|youngest"
COMPARATIVES = "|".join(
    dict.fromkeys(
        (
            *(word for word, known in ADJECTIVES.items() if known.form == Form.COMPARATIVE and word != "-"),
            *(word for word in (*_MORE.split("|"), *_LESS.split("|")) if word.endswith(("er", "rse"))),
            "elder",
        )
    )
)
"""The words that compare, as alternatives of a pattern."""
_MANY, _FEW = "more|most", "fewer|fewest|less|least"
_EARLY = frozenset(("first", "earlier", "earliest", "sooner", "before"))
_LATE = "last|later|latest|after"
_TIMES = f"{'|'.join(sorted(_EARLY))}|{_LATE}"
_IS = r"(?P<is>is|are|was|were)"
_OF_ADJECTIVE = re.compile(rf"^{_IS} (?:the )?(?P<adjective>[a-z]+)$", re.IGNORECASE)
_OF_LONG_ADJECTIVE = re.compile(
    rf"^{_IS} (?:the )?(?P<grade>{_MANY}|less|least) (?P<adjective>[a-z]+)$", re.IGNORECASE
)
_OF_NOUN = re.compile(
    rf"^(?:has|have|had|with) (?:the |an? )?(?P<grade>{_MORE}|{_LESS}|{_MANY}|{_FEW}) (?P<noun>.+)$",
    re.IGNORECASE,
)
_OF_VERB = re.compile(rf"^(?P<verb>[a-z]+) (?:the )?(?P<grade>{_MANY}|{_FEW}) (?P<noun>.+)$", re.IGNORECASE)
_OF_EVENT = re.compile(
    rf"^(?P<is>was|were|is|are) (?P<verb>[a-z]+) (?:the )?(?P<time>{_TIMES})$", re.IGNORECASE
)
_OF_DEED = re.compile(rf"^(?P<verb>[a-z]+) (?:the )?(?P<time>{_TIMES})$", re.IGNORECASE)
_AGES = {"older": False, "oldest": False, "elder": False, "eldest": False, "younger": True, "youngest": True}
"""Whether of an adjective of age more, that is later, is meant of the day of birth."""


@dataclass(frozen=True)
class Measure:
    """How things are compared.

    `asks` is the question for the value of the thing that stands for `{}`; `words` are stems, of which its
    property should have one, where any are known.
    """

    asks: str
    more: bool
    words: frozenset[str] = frozenset()

    def of(self, thing: str) -> str:
        """The question for the value of a thing."""
        return self.asks.replace("{}", thing)


def measures_in(predicate: str) -> Iterator[Measure]:
    """What a predicate compares by, the likeliest first: is deeper, has more films, was born first.

    >>> [measure.of("Onix") for measure in measures_in("is heavier")]
    ['How heavy is Onix?']
    >>> [measure.of("Onix") for measure in measures_in("has a higher base attack")]
    ['What is the base attack of Onix?']
    """
    predicate = predicate.strip()
    if match := _OF_EVENT.match(predicate):
        yield Measure(f"When {match['is']} {{}} {match['verb']}?", match["time"].lower() not in _EARLY)
    elif match := _OF_ADJECTIVE.match(predicate):
        yield from _by_adjective(match["adjective"].lower(), match["is"])
    elif match := _OF_LONG_ADJECTIVE.match(predicate):
        adjective = ADJECTIVES.get(match["adjective"].lower())
        is_more = _is_more(match["grade"]) == (adjective is None or adjective.more)
        yield _of_adjective(match["adjective"].lower(), match["is"], more=is_more)
    elif match := _OF_NOUN.match(predicate):
        yield from _by_noun(match["noun"], match["grade"].lower())
    elif match := _OF_DEED.match(predicate):
        yield Measure(f"When did {{}} {match['verb']}?", match["time"].lower() not in _EARLY)
    elif match := _OF_VERB.match(predicate):
        yield Measure(f"How many {match['noun']} did {{}} {match['verb']}?", _is_more(match["grade"]))


def _by_adjective(adjective: str, verb: str) -> Iterator[Measure]:
    known = ADJECTIVES.get(adjective)
    if adjective in _AGES:
        yield Measure(f"How old {verb} {{}}?", not _AGES[adjective], frozenset({stem("age")}))
        yield Measure("When was {} born?", _AGES[adjective], frozenset(map(stem, ("born", "birth"))))
    elif known is not None and known.form != Form.PLAIN:
        yield _of_adjective(_plain(adjective), verb, more=known.more)


def _of_adjective(adjective: str, verb: str, *, more: bool) -> Measure:
    known = ADJECTIVES.get(adjective)
    nouns = known.nouns if known else ()
    return Measure(f"How {adjective} {verb} {{}}?", more, frozenset(map(stem, (adjective, *nouns))))


def _plain(adjective: str) -> str:
    """The plain form of a comparative or superlative: the one that measures the same at the same end."""
    known = ADJECTIVES[adjective]
    alike = [
        word
        for word, other in ADJECTIVES.items()
        if other.form == Form.PLAIN and other.more == known.more and set(other.nouns) & set(known.nouns)
    ]
    return max(alike, key=lambda word: _shared_beginning(word, adjective), default=adjective)


def _shared_beginning(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _by_noun(noun: str, grade: str) -> Iterator[Measure]:
    is_counted = re.fullmatch(f"{_MANY}|{_FEW}", grade) is not None
    of_noun = Measure(f"What is the {noun} of {{}}?", _is_more(grade), _words(noun))
    if is_counted:
        yield Measure(f"How many {noun} does {{}} have?", _is_more(grade), _words(noun))
    yield of_noun


def _words(noun: str) -> frozenset[str]:
    return frozenset(map(stem, fold(noun).split()))


def _is_more(grade: str) -> bool:
    return re.fullmatch(f"{_MORE}|{_MANY}", grade, re.IGNORECASE) is not None
