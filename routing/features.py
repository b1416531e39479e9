"""What a question and a source have in common, as numbers.

All are between -1 and 1, and all but the last compare contents: nothing depends on which sources there are,
so weights that were fitted on some serve any.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import sqlglot
from numpy.typing import NDArray
from pyoxigraph import Store
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from kbqa.linking.held import Held
from kbqa.linking.words import COMMON, fold, stem
from kbqa.sql.public import readable
from routing.profiles import Profile
from routing.sources import CODE, DATABASE, GRAPH
from searchapp.encoders.base import Vectors

NAMES = (
    "schema", "schema_mean", "example", "in_schema", "in_names", "in_neither", "whole_name", "rare",
    "own_name", "symbol", "sql", "sql_names", "sparql", "program", "words",
    "less_schema", "less_example", "less_in_schema", "less_in_names", "less_rare", "less_whole",
    "code", "code_schema", "graph", "graph_schema",
)  # fmt: skip
"""The features, in their order."""
MAX_READ = 4_000
"""How many characters of a text are compared."""
_NEAREST, _LONGEST_NAME = 5, 4
_BEGIN_READING = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)
"""What statements that read begin with."""


@dataclass(frozen=True)
class Asked:
    """A question as it is compared: its words, its vector, and what parsers make of it."""

    text: str
    vector: Vectors
    words: tuple[str, ...]
    """Its folded words without those that every question has."""
    identifiers: tuple[str, ...] = ()
    """What of it may be an identifier, in small letters."""
    tables: frozenset[str] | None = None
    """The tables and columns of a text that is SQL; None for one that is not."""
    is_sparql: bool = False
    is_program: bool = False

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems of its words."""
        return tuple(map(stem, self.words))


def asked(text: str, vector: Vectors) -> Asked:
    """A question taken apart; of very long ones, what they begin with."""
    read = text[:MAX_READ]
    apart = fold(readable(read)).split()
    words = tuple(dict.fromkeys(word for word in apart if word not in COMMON)) or tuple(dict.fromkeys(apart))
    tables = _names_of_sql(read)
    is_sparql = _is_sparql(read)
    return Asked(
        read,
        vector,
        words[:32],
        tuple(_identifiers(read)),
        tables,
        is_sparql,
        tables is None and _is_program(read),
    )


def features(question: Asked, profiles: Sequence[Profile], held: Sequence[Held]) -> NDArray[np.float64]:
    """Features of a question with each source, [sources, len(NAMES)]."""
    seen = [_seen(question, profile, names) for profile, names in zip(profiles, held, strict=True)]
    rarity = _rarity(question, seen)
    rows = np.array([_compared(question, *each, rarity) for each in zip(profiles, seen, held, strict=True)])
    rows = rows.reshape(len(profiles), -1)
    chosen = [
        NAMES.index(name) for name in ("schema", "example", "in_schema", "in_names", "rare", "whole_name")
    ]
    less = rows[:, chosen] - rows[:, chosen].max(axis=0, initial=-1.0)
    return np.hstack([rows, less, _kinds(profiles, rows)])


@dataclass
class _Seen:
    """Which words of a question a source has: in its schema, and in its names."""

    schema: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def _seen(question: Asked, profile: Profile, held: Held) -> _Seen:
    schema = {
        word for word, stemmed in zip(question.words, question.stems, strict=True) if stemmed in profile.stems
    }
    return _Seen(schema, held.words & set(question.words))


def _rarity(question: Asked, seen: Sequence[_Seen]) -> Mapping[str, float]:
    """How much each word tells: the fewer sources have it, the more; words that none has tell nothing."""
    counts = {
        word: sum(word in each.schema or word in each.names for each in seen) for word in question.words
    }
    return {word: float(np.log((len(seen) + 1) / (count + 0.5))) for word, count in counts.items() if count}


def _compared(
    question: Asked, profile: Profile, seen: _Seen, held: Held, rarity: Mapping[str, float]
) -> list[float]:
    total = max(1, len(question.words))
    near = np.sort(profile.schema @ question.vector)[::-1]
    examples = profile.examples @ question.vector
    both = seen.schema | seen.names
    weight = sum(rarity.values())
    longest = max((key.count(" ") + 1 for key in held.keys), default=0)
    known = question.tables or frozenset()
    return [
        float(near[0]) if len(near) else 0.0,
        float(near[:_NEAREST].mean()) if len(near) else 0.0,
        float(examples.max()) if len(examples) else 0.0,
        len(seen.schema) / total,
        len(seen.names) / total,
        1 - len(both) / total,
        min(1.0, longest / min(total, _LONGEST_NAME)),
        sum(rarity[word] for word in both if word in rarity) / weight if weight else 0.0,
        len(profile.name_stems.intersection(question.stems)) / max(1, len(profile.name_stems)),
        _symbols(question, profile),
        float(question.tables is not None) * (profile.about.kind == DATABASE),
        len(known & profile.about.symbols) / len(known) if known and profile.about.kind == DATABASE else 0.0,
        float(question.is_sparql) * (profile.about.kind == GRAPH),
        float(question.is_program) * (profile.about.kind == CODE),
        min(1.0, 1 / total) * (profile.about.kind == CODE),
    ]


def _kinds(profiles: Sequence[Profile], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What only counts for sources of one kind, whose texts are near to questions in ways of their own."""
    is_code = np.array([profile.about.kind == CODE for profile in profiles], float)
    is_graph = np.array([profile.about.kind == GRAPH for profile in profiles], float)
    schema = rows[:, 0]
    return np.stack([is_code, is_code * schema, is_graph, is_graph * schema], axis=1)


def _symbols(question: Asked, profile: Profile) -> float:
    """The share of what may be identifiers that a repository defines."""
    if profile.about.kind != CODE or not question.identifiers:
        return 0.0
    return sum(name in profile.about.symbols for name in question.identifiers) / len(question.identifiers)


def _identifiers(text: str) -> list[str]:
    """Names in a text that no English word has the form of, or that stand alone."""
    tokens = [token for token in _split(text) if token.isidentifier()]
    alone = len(tokens) == len(text.split()) == 1
    return list(
        dict.fromkeys(
            token.casefold()
            for token in tokens
            if alone
            or "_" in token
            or (token != token.capitalize() and token not in (token.lower(), token.upper()))
        )
    )[:16]


def _split(text: str) -> list[str]:
    """The runs of letters, digits and underscores of a text."""
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()


@lru_cache(maxsize=256)
def _names_of_sql(text: str) -> frozenset[str] | None:
    """The tables and columns of a statement that reads; None of what is no SQL."""
    try:
        tokens = sqlglot.tokenize(text)
        if not tokens or tokens[0].token_type not in _BEGIN_READING:
            return None
        trees = [tree for tree in sqlglot.parse(text) if tree is not None]
    except (SqlglotError, RecursionError):
        return None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        return None
    found = (*trees[0].find_all(exp.Table), *trees[0].find_all(exp.Column))
    return frozenset(node.name.casefold() for node in found if node.name)


@lru_cache(maxsize=256)
def _is_sparql(text: str) -> bool:
    """Whether a text is a SPARQL query; names of an unknown prefix are taken for names."""
    if "{" not in text:
        return False
    try:
        Store().query(text, prefixes=_prefixes(text))
    except (SyntaxError, ValueError):
        return False
    return True


def _prefixes(text: str) -> dict[str, str]:
    """Every word before a colon as a prefix."""
    before = (part.rpartition(" ")[2] for part in " ".join(text.split()).split(":")[:-1])
    return {name: "urn:x:" for name in before if name.isidentifier()}


@lru_cache(maxsize=256)
def _is_program(text: str) -> bool:
    """Whether a text is Python of more than a name or a few words, or a line of a stack trace."""
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(body) and not all(
        isinstance(each, ast.Expr) and isinstance(each.value, ast.Name) for each in body
    )
