"""The words of each grammar stand in the order in which the shipped weights have embeddings for them."""

import json
from pathlib import Path

import pytest

from kbqa.decoding.actions import FEATURES
from kbqa.decoding.features import RelationFeatures
from kbqa.linking.mentions import MentionFeatures
from kbqa.sparql import grammar as sparql
from kbqa.sparql.grammar.actions import FlagFeatures
from kbqa.sql import grammar as sql
from kbqa.sql.grammar.actions import ColumnFeatures, TableFeatures


@pytest.mark.parametrize("language", [sparql, sql])
def test_words_and_steps_are_those_of_the_shipped_weights(language):
    folder = Path(language.__file__).parents[1] / "model"
    trained = json.loads((folder / "decoder.json").read_text(encoding="utf-8"))
    keywords, steps = language.VOCABULARY.keywords, language.VOCABULARY.steps
    assert list(keywords[: len(trained["keywords"])]) == trained["keywords"]
    assert list(steps[: len(trained["steps"])]) == trained["steps"]
    assert len(set(keywords)) == len(keywords)
    assert {type(word) for word in (*keywords, *steps)} == {str}


@pytest.mark.parametrize(
    "features", [MentionFeatures, FlagFeatures, RelationFeatures, TableFeatures, ColumnFeatures]
)
def test_features_are_as_many_as_the_network_reads(features):
    assert len(features._fields) == FEATURES
    assert features._fields[:2] == ("similarity", "exact")
