"""A unit → the text that is encoded, and the weighted words that are searched."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath

from codesearch.indexing.words import identifier_parts, words
from codesearch.parsing import CodeUnit

# An encoder reads a few hundred tokens; more text than this never reaches it.
_DENSE_CHARACTERS = 2400
_LEXICAL_CHARACTERS = 200_000
# How many occurrences of a word count, by weight; ts_rank's own sum converges as quickly.
_MOST_OCCURRENCES = {"A": 2, "B": 2, "C": 4, "D": 6}
_MOST_WORDS = 4000


@dataclass(frozen=True)
class Lexemes:
    """A tsvector literal, and the number of words it was made from."""

    literal: str
    length: int


@dataclass(frozen=True, slots=True)
class DenseText:
    """What the encoder sees of a unit: the name in words, then the documentation, then the code; cut at its end.

    `documentation` and `code` are the characters at which these parts start; equal if there is no documentation.
    """

    text: str
    documentation: int
    code: int


def dense_text(unit: CodeUnit) -> DenseText:
    """Return what the encoder sees."""
    title = " ".join(identifier_parts(unit.qualified_name)[-12:]) + "\n"
    # Documentation inside the unit (a docstring) is part of the code already.
    apart = unit.documentation and unit.documentation[:40] not in unit.code
    documentation = f"{unit.documentation[:800]}\n" if apart else ""
    code = len(title) + len(documentation)
    return DenseText(f"{title}{documentation}{unit.code}"[:_DENSE_CHARACTERS], len(title), code)


def text_hash(text: str) -> uuid.UUID:
    """Return the identity of a text that is encoded (BLAKE2b, 128 bits)."""
    return uuid.UUID(bytes=blake2b(text.encode("utf-8", errors="replace"), digest_size=16).digest())


def lexemes(unit: CodeUnit, path: str) -> Lexemes:
    """Return the unit's words. Weights: A its name, B its signature, scope and path, C its documentation, D its body."""
    pure = PurePosixPath(path)
    fields = {
        "A": unit.name,
        "B": f"{unit.qualified_name} {unit.signature} {pure.parent} {pure.stem}",
        "C": unit.documentation[:20_000],
        "D": unit.code[:_LEXICAL_CHARACTERS],
    }
    counts = {weight: Counter(words(text)) for weight, text in fields.items()}
    length = sum(counts["C"].values()) + sum(counts["D"].values())
    vocabulary = list(dict.fromkeys(word for weight in "ABCD" for word in counts[weight]))[:_MOST_WORDS]
    return Lexemes(" ".join(f"'{word}':{_positions(word, counts)}" for word in vocabulary), length)


def _positions(word: str, counts: dict[str, "Counter[str]"]) -> str:
    """Return positions such as `1A,2B,3D`: only their number and weights matter, the strongest first."""
    weights: Iterable[str] = (weight for weight in "ABCD" for _ in range(min(counts[weight][word], _MOST_OCCURRENCES[weight])))
    return ",".join(f"{number}{weight}" for number, weight in enumerate(weights, 1))
