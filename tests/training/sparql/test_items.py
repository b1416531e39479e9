"""Questions with SPARQL as the items of a training."""

import random
from collections import Counter

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from kbqa.decoding.features import TextTable
from kbqa.sparql.grammar import VOCABULARY
from kbqa.sparql.suggestions.example import Example
from tests.kbqa.sparql.grammar.spelled import BASE, films, linked, live
from training.sparql import items
from training.sparql.items import prepare
from training.sparql.parser import parse_query


@pytest.fixture
def prepared(monkeypatch):
    """A function that prepares questions which mention what stands in them, and what was left out."""
    graph = live(films())
    monkeypatch.setattr(items, "link_question", lambda question, *_: linked(graph, question))
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    table = TextTable(lambda texts: np.zeros((len(texts), 4), dtype=np.float32), 4)

    def run(*rows):
        examples = [Example(text, sparql and parse_query(sparql, {"": BASE})) for text, sparql in rows]
        left_out = Counter()
        return list(prepare(examples, None, graph, tokenizer, table, random.Random(0), left_out)), left_out

    return run


def test_an_item_has_a_decision_for_each_action(prepared):
    ((item,), left_out) = prepared(("f1", "SELECT ?d { :f1 :director ?d }"))
    assert [VOCABULARY.steps[number] for number in item.steps] == [
        "HEAD", "RELATION", "TAIL", "HEAD", "COLUMN", "COLUMN",
    ]  # fmt: skip
    keywords = [VOCABULARY.keywords[number] for number in item.gold if number < 1_000]
    assert keywords == ["NEW", "END", "STOP"]
    assert all(gold in legal for gold, legal in zip(item.gold, item.legal, strict=True))
    assert not left_out


def test_a_question_without_an_answer_is_one_decision(prepared):
    ((item,), _) = prepared(("f1", None))
    assert [VOCABULARY.keywords[number] for number in item.gold] == ["NONE"]


def test_what_cannot_be_written_is_left_out_and_counted_by_the_last_word(prepared):
    rows = [("f1", "SELECT ?d { :f2 :director ?d }"), ("f1", "SELECT ?d { :f1 :director ?d }")]
    found, left_out = prepared(*rows, ("", "SELECT ?f ?d { ?f :director ?d }"))
    assert len(found) == 1
    assert left_out == {"question.": 1, "class.": 1}


def test_nothing_makes_nothing(prepared):
    assert prepared() == ([], Counter())
