"""Which of several readings of a question is meant: what the network thinks of them, and what of the question they leave out.

The network judges a query choice by choice and does not see that it left a name out that the question has. Readings are therefore ranked
as wholes, by a log-linear model over a few counts (Collins and Koo 2005). That there is no answer is one of them; their shares are
probabilities.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import NamedNode

from kbqa.decoding.beam import Hypothesis
from kbqa.decoding.choices import Choice
from kbqa.linking.words import COMMON, Span, stem, words_of
from kbqa.sparql.grammar import SparqlState, World
from kbqa.sparql.profile import Profile
from kbqa.sparql.query import RDF_TYPE, Average, Query

FEATURES = (
    "log of probability", "no answer", "names left out", "numbers left out", "properties left out", "classes left out",
    "properties that nobody named", "edges",
)  # fmt: skip
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """How much each feature counts. Without any fitted, what the network thinks does."""

    weights: Array

    @classmethod
    def default(cls) -> "Ranking":
        """Return the ranking of a model that brings none."""
        return cls.of({"log of probability": 1.0})

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> "Ranking":
        """Return a ranking of weights by their names; those that are not named are 0."""
        return cls(np.array([weights.get(name, 0.0) for name in FEATURES]))

    def named(self) -> dict[str, float]:
        """Return the weights by their names."""
        return {name: round(float(weight), 4) for name, weight in zip(FEATURES, self.weights, strict=True)}

    def probabilities(self, features: Array) -> Array:
        """Return how likely each of the readings is, float [n], of their features [n, FEATURES]."""
        scores = features @ self.weights
        shares = np.exp(scores - scores.max(initial=-np.inf))
        return np.asarray(shares / shares.sum())


def features_of(question: str, found: Sequence[Hypothesis], world: World) -> Array:
    """Return what is counted of each reading, float [n, FEATURES]."""
    said = _Said.by(question, world)
    return np.array([_counts(each, said) for each in found]).reshape(len(found), len(FEATURES))


def _counts(hypothesis: Hypothesis, said: "_Said") -> tuple[float, ...]:
    state = hypothesis.state
    assert isinstance(state, SparqlState)
    if not state.answerable:
        return (hypothesis.score, 1.0, *(0.0,) * (len(FEATURES) - 2))
    chosen = [taken.choice.span for taken in hypothesis.taken if taken.choice.span is not None]
    properties, classes = _used(state.query)
    words = {word for each in (*properties, *classes) for word in said.words.get(each, ())}
    return (
        hypothesis.score, 0.0, _left_out(said.names, chosen), _left_out(said.numbers, chosen),
        *(float(sum(1 for each in those if each not in used and not said.words[each] & words))
          for those, used in ((said.properties, properties), (said.classes, classes))),
        float(sum(1 for each in properties if not said.words.get(each, frozenset()) & said.stems)), float(len(state.query.every_edge)),
    )  # fmt: skip


@dataclass(frozen=True)
class _Said:
    """What of a graph a question says: where it has names and numbers, and the properties and classes all of whose words it has."""

    stems: frozenset[str]
    names: tuple[Span, ...]
    numbers: tuple[Span, ...]
    properties: tuple[NamedNode, ...]
    classes: tuple[NamedNode, ...]
    words: Mapping[NamedNode, frozenset[str]]

    @classmethod
    def by(cls, question: str, world: World) -> "_Said":
        profile = world.graph.profile
        stems = frozenset(stem(word.text) for word in words_of(question) if word.text not in COMMON)
        whole = {each for each, words in profile.words.items() if words <= stems}
        classes = tuple(each.iri for each in profile.classes if each.iri in whole)
        properties = tuple(each for each in profile.names if each in whole)
        names = tuple(_names(question, (*world.entities, *world.values), profile))
        numbers = tuple(each.span for each in world.numbers if each.span is not None)
        return cls(stems, names, numbers, properties, classes, profile.words)


def _names(question: str, choices: Sequence[Choice], profile: Profile) -> Iterator[Span]:
    """Yield where a question has names as they are, the longest at each place. A word that properties have, too, must be written as a name."""
    spans = {choice.span for choice in choices if choice.span is not None and choice.features[1]}
    for start, end in spans:
        text = question[start:end]
        is_word = stem(text.casefold()) in profile.stems and not text[:1].isupper()
        if not is_word and not any(other != (start, end) and other[0] <= start and end <= other[1] for other in spans):
            yield start, end


def _left_out(spans: Sequence[Span], chosen: Sequence[Span]) -> float:
    return float(sum(1 for start, end in spans if not any(start < other[1] and other[0] < end for other in chosen)))


def _used(query: Query) -> tuple[set[NamedNode], set[NamedNode]]:
    """Return the properties and the classes of a query."""
    edges = [*query.every_edge, *(edge for group in query.negations for edge in group)]
    edges += [each.value.edge for each in query.filters if isinstance(each.value, Average)]
    classes = {edge.object for edge in edges if edge.predicate == RDF_TYPE and isinstance(edge.object, NamedNode)}
    return {edge.predicate for edge in edges} - {RDF_TYPE}, classes


# --- fitting -----------------------------------------------------------------------------------------------------------

Judged = tuple[Array, NDArray[np.bool_]]
"""A question's features [readings, FEATURES], and which readings are right [readings]."""


def fitted(questions: Sequence[Judged], *, strength: float = 3.0) -> Ranking:
    """Return the weights that make right readings likeliest. `strength` is that of the prior that holds them near those of `Ranking.default`.

    That something is left out never speaks for a reading, whatever a few questions seem to say.
    """
    from scipy.optimize import minimize

    prior = Ranking.default().weights
    telling = [(features, right) for features, right in questions if right.any() and not right.all()]

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = 0.5 * strength * float(((weights - prior) ** 2).sum()), strength * (weights - prior)
        for features, right in telling:
            shares = Ranking(weights).probabilities(features)
            likelihood = max(float(shares[right].sum()), 1e-12)
            total -= np.log(likelihood)
            slope = slope + (shares - np.where(right, shares / likelihood, 0.0)) @ features
        return float(total), slope

    bounds = [(0.0, None), *((None, 0.0 if name.endswith("left out") else None) for name in FEATURES[1:])]
    return Ranking(minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds).x)


def calibrated(ranking: Ranking, questions: Sequence[Judged]) -> Ranking:
    """Return the ranking as sure as it is right: its weights divided by the temperature under which that is likeliest (Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        likely = 0.0
        for features, right in questions:
            shares = Ranking(ranking.weights / temperature).probabilities(features)
            best = int(shares.argmax())
            sure = float(np.clip(shares[best], 1e-6, 1 - 1e-6))
            likely += np.log(sure if right[best] else 1 - sure)
        return -likely

    return Ranking(ranking.weights / min(np.geomspace(0.2, 8.0, 60).tolist(), key=loss))


def keep_ranking(folder: Path, ranking: Ranking) -> None:
    """Write a ranking into a decoder's folder."""
    path = folder / "decoder.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["ranking"] = ranking.named()
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
