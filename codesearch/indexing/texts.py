"""A unit → the weighted words that are searched."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from codesearch.parsing import CodeUnit
from codesearch.parsing.words import words

_LEXICAL_CHARACTERS = 200_000
_LINE_CHARACTERS = 2_000
# How many occurrences of a word count, by weight; ts_rank's own sum converges as quickly.
_MAX_OCCURRENCES = {"A": 2, "B": 2, "C": 4, "D": 6}
_MAX_WORDS = 4000


@dataclass(frozen=True)
class Lexemes:
    """A tsvector literal, and the number of words it was made from."""

    literal: str
    length: int


def lexemes(unit: CodeUnit, path: str) -> Lexemes:
    """Unit's words.

    Weights: A its name, B its signature, scope and path, C its documentation, D its body.
    """
    pure = PurePosixPath(path)
    fields = {
        "A": unit.name,
        "B": f"{unit.qualified_name} {unit.signature} {pure.parent} {pure.stem}",
        "C": unit.documentation[:20_000],
        "D": _shortened(unit.code)[:_LEXICAL_CHARACTERS],
    }
    counts = {weight: Counter(words(text)) for weight, text in fields.items()}
    length = sum(counts["C"].values()) + sum(counts["D"].values())
    vocabulary = list(dict.fromkeys(word for weight in "ABCD" for word in counts[weight]))[:_MAX_WORDS]
    return Lexemes(" ".join(f"'{word}':{_positions(word, counts)}" for word in vocabulary), length)


def _shortened(code: str) -> str:
    """Code without the ends of lines that nobody wrote by hand: pictures and tables are no words."""
    if len(code) <= _LINE_CHARACTERS:
        return code
    return "\n".join(line[:_LINE_CHARACTERS] for line in code.split("\n"))


def _positions(word: str, counts: dict[str, "Counter[str]"]) -> str:
    """Positions such as `1A,2B,3D`: only their number and weights matter, the strongest first."""
    weights: Iterable[str] = (
        weight for weight in "ABCD" for _ in range(min(counts[weight][word], _MAX_OCCURRENCES[weight]))
    )
    return ",".join(f"{number}{weight}" for number, weight in enumerate(weights, 1))
