"""What a source is about: the words of its schema and its examples, with vectors, and the names of code."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from codesearch import selectors as code_selectors
from kbqa.linking.words import fold, stem
from kbqa.sparql import public as sparql
from kbqa.sql import public as sql
from routing.sources import CODE, DATABASE, GRAPH, RoutedSource
from searchapp.encoders import EncoderSpec, load_encoder
from searchapp.encoders.base import Vectors
from searchapp.encoders.openvino import BUNDLED_MODEL
from searchapp.shared import SharedCache

DIMENSION = 384
_MAX_TEXTS, _MAX_LABELS, _MAX_EXAMPLES, _MAX_NAMES = 240, 40, 24, 50_000
_MAX_PROFILES = 512
_profiles = SharedCache[tuple[str, int, int], "Profile"](_MAX_PROFILES)


@dataclass(frozen=True)
class About:
    """What a source says of itself, as texts."""

    kind: str
    name: str
    schema: Sequence[str]
    """Tables and columns, classes and properties, or modules and definitions, in words."""
    examples: Sequence[str] = ()
    symbols: frozenset[str] = frozenset()
    """Identifiers in small letters: of code its definitions, of a database its tables and columns."""


@dataclass(frozen=True)
class Profile:
    """What a source is about, ready to be compared with a question."""

    about: About
    schema: Vectors = field(default_factory=lambda: np.zeros((0, DIMENSION), np.float32))
    examples: Vectors = field(default_factory=lambda: np.zeros((0, DIMENSION), np.float32))

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words of its schema and symbols."""
        return stems_of([*self.about.schema, *map(_spaced, self.about.symbols)])

    @cached_property
    def name_stems(self) -> frozenset[str]:
        """The stems of the words of its own name."""
        return stems_of([_spaced(self.about.name)])


def profile_of(source: RoutedSource) -> Profile:
    """The profile of a served version of a source, made once in a process. Raises EncoderError."""
    return _profiles.get(source.identity, lambda: profiled([about(source)])[0])


def profiled(all_about: Sequence[About]) -> list[Profile]:
    """Profiles of what sources say of themselves, encoded together. Raises EncoderError."""
    texts = [text for each in all_about for text in (*each.schema, *each.examples)]
    vectors = encode(texts) if texts else np.zeros((0, DIMENSION), np.float32)
    profiles, start = [], 0
    for each in all_about:
        middle = start + len(each.schema)
        end = middle + len(each.examples)
        profiles.append(Profile(each, vectors[start:middle], vectors[middle:end]))
        start = end
    return profiles


def encode(texts: Sequence[str]) -> Vectors:
    """Unit vectors by the bundled encoder, float32 [n, 384]. Raises EncoderError."""
    return load_encoder(EncoderSpec("openvino", BUNDLED_MODEL)).encode(texts)


def stems_of(texts: Iterable[str]) -> frozenset[str]:
    """The stems of the folded words of texts."""
    return frozenset(stem(word) for text in texts for word in fold(text).split())


def about(source: RoutedSource) -> About:
    """What a source says of itself."""
    return _READERS[source.kind](source)


def of_database(name: str, schema: sql.Schema, examples: Sequence[str] = ()) -> About:
    """What a database is about, by its schema; what people keep private of it is left out."""
    texts, symbols = [], set()
    for table in schema.tables:
        texts.append(sql.readable(table.name))
        symbols.add(table.name.casefold())
        for column in table.columns:
            if not column.excluded:
                texts.append(f"{sql.readable(table.name)}: {sql.readable(column.name)}")
                symbols.add(column.name.casefold())
    return About(DATABASE, name, _thinned(texts), examples[:_MAX_EXAMPLES], frozenset(symbols))


def of_graph(
    name: str,
    classes: Sequence[str],
    properties: Sequence[str],
    labels: Sequence[str],
    examples: Sequence[str] = (),
) -> About:
    """What a graph is about, by its vocabulary and the names of what is best connected in it."""
    texts = [*classes, *properties][: _MAX_TEXTS - _MAX_LABELS]
    return About(GRAPH, name, [*texts, *labels[:_MAX_LABELS]], examples[:_MAX_EXAMPLES])


def of_code(name: str, units: Sequence[tuple[str, str, str]]) -> About:
    """What a repository is about, by its (path, name, qualified name) of units."""
    modules = dict.fromkeys(_spaced(str(PurePosixPath(path).with_suffix(""))) for path, _, _ in units)
    definitions = dict.fromkeys(_spaced(qualified) for _, _, qualified in units)
    texts = [name, *_thinned(list(modules), _MAX_TEXTS // 4), *_thinned(list(definitions))]
    return About(
        CODE, name, texts[:_MAX_TEXTS], (), frozenset(unit.casefold() for _, unit, _ in units if unit)
    )


def _database(source: RoutedSource) -> About:
    scan = source.row.serving
    return of_database(source.name, sql.served(source.row).schema, scan.examples)


def _graph(source: RoutedSource) -> About:
    version = source.row.serving
    profile = version.parsed_profile
    classes = [known.text for known in profile.classes]
    properties = [known.text for known in profile.predicates]
    labels = sparql.selectors.known_labels(version, _MAX_LABELS)
    return of_graph(source.name, classes, properties, labels, version.examples)


def _code(source: RoutedSource) -> About:
    return of_code(source.name, code_selectors.named_units(source.row, _MAX_NAMES))


_READERS: dict[str, Callable[[RoutedSource], About]] = {CODE: _code, GRAPH: _graph, DATABASE: _database}


def _spaced(identifier: str) -> str:
    """A path or an identifier as words."""
    return sql.readable(identifier.replace("/", " ").replace(".", " "))


def _thinned(texts: list[Any], most: int = _MAX_TEXTS) -> list[Any]:
    """At most so many of the texts, evenly from all of them."""
    step = max(1, -(-len(texts) // most))
    return texts[::step]
