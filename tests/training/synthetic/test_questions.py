"""Questions about synthetic graphs: the same for a seed, of every kind, and answered by their graph."""

import doctest
import random
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import pytest

from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore
from training.graph_answers import has_answer
from training.synthetic import delexicalisation, phrases
from training.synthetic.context import Context
from training.synthetic.databases import SyntheticDatabase
from training.synthetic.domains import DOMAINS
from training.synthetic.graphs import SyntheticGraph
from training.synthetic.kinds import lists, negations, yes_or_no
from training.synthetic.questions import KINDS, TURNS, questions_about
from training.synthetic.wordings import WORDINGS

SAMPLE = Path(__file__).parent / "questions.txt"


def written(domain: str, seed: int, turns: int) -> list[str]:
    """Each question with its query, as `questions.txt` has them."""
    return [
        f"{domain} {seed}\t{example.question}\t"
        + ("no answer" if example.query is None else " ".join(query_text(example.query).split()))
        for example in questions_about(SyntheticGraph(domain, seed), turns)
    ]


def test_the_questions_of_a_seed_stay_what_they_are():
    """Weights go on from others: the questions of a seed must not change unnoticed."""
    expected = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert [*written("library", 1, 86), *written("space", 2, 86)] == expected


@pytest.mark.parametrize(
    ("seed", "digest"), [(0, "14ebbae2af0b8819"), (1, "56091a21019b27d2"), (7, "0e8b0a0cefbbbfd3")]
)
def test_the_questions_of_all_domains_stay_what_they_are(seed, digest):
    lines = "\n".join(line for domain in DOMAINS for line in written(domain, seed, 2 * len(TURNS)))
    assert blake2b(lines.encode(), digest_size=8).hexdigest() == digest


def test_the_questions_of_databases_stay_what_they_are(tmp_path):
    questions = (
        (domain, *question)
        for domain in DOMAINS
        for question in SyntheticDatabase(domain, 1000, tmp_path).questions(len(TURNS))
    )
    lines = "\n".join(
        f"{domain}\t{question}\t{sql and sql.count(' ')}" for domain, question, sql in questions
    )
    assert blake2b(lines.encode(), digest_size=8).hexdigest() == "1bd1ccce047d3131"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_questions_that_their_graph_answers(kind):
    answered = made = 0
    for domain in DOMAINS:
        graph = SyntheticGraph(domain, 4)
        context, store = Context(graph, random.Random(0)), OxigraphStore(graph.store, "")
        for _ in range(8):
            example = KINDS[kind](context)
            if example is None:
                continue
            made += 1
            assert example.question.strip(" ?")
            assert "{" not in example.question
            if example.query is None:
                assert kind == "unanswerable"
                answered += 1
            else:
                graph.store.query(query_text(example.query))
                answered += has_answer(example.query, store)
    assert made > 8
    assert answered > 0.25 * made


def test_every_kind_has_its_turns():
    weights = Counter(TURNS)
    assert set(weights) == set(KINDS)
    assert weights["chain"] == max(weights.values()), "chains are what decoders forget first"


def test_every_wording_is_filled_by_what_its_kind_knows():
    places = {"c", "one", "t", "p", "q", "a", "v", "w", "m", "n", "s", "e", "f"}
    for by_name in WORDINGS.values():
        for texts in by_name.values():
            for text in texts:
                assert "{" not in text.replace("{}", "").format(**dict.fromkeys(places, "x"))


@pytest.mark.parametrize("module", [phrases, delexicalisation, lists, negations, yes_or_no])
def test_examples_hold(module):
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
