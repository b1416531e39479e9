"""Adjectives of measures: how tall, taller than, and the tallest are about a height."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """The forms of an adjective."""

    PLAIN = "plain"
    COMPARATIVE = "comparative"
    SUPERLATIVE = "superlative"


@dataclass(frozen=True)
class Adjective:
    """A form of an adjective: the nouns of what it may measure, the likeliest first; and whether of more."""

    nouns: tuple[str, ...]
    form: Form
    more: bool


_ADJECTIVES = """
tall taller tallest / short shorter shortest: height
high higher highest / low lower lowest: height elevation altitude
heavy heavier heaviest / light lighter lightest: weight mass
long longer longest / short shorter shortest: length duration runtime
deep deeper deepest / shallow shallower shallowest: depth
wide wider widest / narrow narrower narrowest: width
thick thicker thickest / thin thinner thinnest: thickness
fast faster fastest / slow slower slowest: speed velocity
quick quicker quickest / slow slower slowest: speed
big bigger biggest / small smaller smallest: size area population height
large larger largest / small smaller smallest: size area population
old older oldest / young younger youngest: age
expensive - - / cheap cheaper cheapest: price cost
costly costlier costliest / cheap cheaper cheapest: price cost
hot hotter hottest / cold colder coldest: temperature
strong stronger strongest / weak weaker weakest: strength
loud louder loudest / quiet quieter quietest: loudness volume
"""
"""Of each pair of opposites, the plain form, the comparative and the superlative; and what they measure."""


def _adjectives() -> Mapping[str, Adjective]:
    adjectives: dict[str, Adjective] = {}
    for line in _ADJECTIVES.strip().splitlines():
        pair, _, nouns = line.partition(": ")
        for more, words in zip((True, False), pair.split(" / "), strict=True):
            for form, word in zip(Form, words.split(), strict=True):
                before = adjectives[word].nouns if word in adjectives else ()
                adjectives[word] = Adjective(tuple(dict.fromkeys((*before, *nouns.split()))), form, more)
    return adjectives


ADJECTIVES = _adjectives()
"""Each form with what it measures."""
