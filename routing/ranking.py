"""A question → the sources that a person may see, the likeliest to answer it first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kbqa.linking.held import Held, keys_in
from kbqa.linking.words import COMMON, fold
from kbqa.sparql import public as sparql
from kbqa.sql import public as sql
from routing.features import MAX_READ, Asked, asked, features
from routing.model import load_model
from routing.profiles import Profile, encode, profile_of
from routing.scopes import Scope
from routing.sources import CODE, DATABASE, GRAPH, RoutedSource, visible_sources

_LONGEST_NAME = 4
_HELD = {GRAPH: sparql.selectors.held, DATABASE: sql.selectors.held}


@dataclass(frozen=True)
class Ranked:
    """A source, and how likely it is the one that a question is for."""

    source: RoutedSource
    probability: float


def rank(question: str, scope: Scope | None = None) -> list[Ranked]:
    """The sources that the reader may see, within a scope, the likeliest first; probabilities sum to 1.

    Raises ScopeError, EncoderError.
    """
    sources = (scope or Scope()).chosen(visible_sources())
    if len(sources) < 2:
        return [Ranked(source, 1.0) for source in sources]
    read = question[:MAX_READ]
    taken_apart = asked(read, encode([read])[0])
    likely = likelihood(taken_apart, list(map(profile_of, sources)), held(taken_apart, sources))
    ranked = [Ranked(source, float(each)) for source, each in zip(sources, likely, strict=True)]
    return sorted(ranked, key=lambda each: -each.probability)


def likelihood(question: Asked, profiles: Sequence[Profile], held: Sequence[Held]) -> list[float]:
    """The probability of each source, by what it has in common with a question."""
    is_code = np.array([profile.about.kind == CODE for profile in profiles], float)
    rows = features(question, profiles, held)
    return [float(each) for each in load_model().probabilities(rows, question.vector, is_code)]


def held(question: Asked, sources: Sequence[RoutedSource]) -> list[Held]:
    """What the names in each source have of a question's words; none of code, whose symbols a profile has."""
    keys = question_keys(question)
    found = {
        kind: look([source.pk for source in sources if source.kind == kind], question.words, keys)
        for kind, look in _HELD.items()
    }
    return [found.get(source.kind, {}).get(source.pk, Held()) for source in sources]


def question_keys(question: Asked) -> list[str]:
    """The keys of all runs of a question's words that may be names, stop words left out."""
    words = [word for word in fold(question.text).split() if word not in COMMON][:16]
    return list(keys_in(words, _LONGEST_NAME))
