"""The commands that train and measure, on sets of a few questions."""

import gzip
import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from evaluation.kbqa.calibration import best_temperature, calibration_error
from evaluation.kbqa.graph_questions import GraphQuestion, names_of_rows
from evaluation.kbqa.sparql import AnswerScore, SparqlScores, by_reading, evaluate
from kbqa.decoding.calibration import probabilities
from kbqa.decoding.pointer_network import DecoderModel
from kbqa.sparql.answer.registry import served
from kbqa.sparql.stores import QueryError
from tests.kbqa.conftest import FILMS

QUESTIONS = [
    {"question": "who is the director of Silent Harbour?", "answers": ["Marta Oliveira"]},
    {
        "question": "who is the director of Falcon?",
        "sparql": "SELECT ?x WHERE { <http://films.example/f4> <http://films.example/director> ?x }",
    },
    {"question": "what is the capital of France?", "answers": []},
]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "films.ttl").write_text(FILMS)
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))
    return tmp_path


class Refused:
    temperature = 1.0

    def decode(self, question, world):
        raise QueryError("no")


def test_a_query_that_does_not_run_is_counted(load):
    opened = served(load())
    version, live = opened.version, opened.live
    scores = SparqlScores()
    predictions = list(
        evaluate(
            map(GraphQuestion.from_row, QUESTIONS[:2]), live, by_reading(version, live, Refused()), scores
        )
    )
    assert [prediction.error for prediction in predictions] == ["no", "no"]
    assert scores.summary()["executable"] == 0
    assert scores.summary()["f1"] == 0


def test_an_ask_behind_declarations_has_a_known_answer(load):
    opened = served(load())
    version, live = opened.version, opened.live
    asked = [
        {
            "question": "has Falcon a director?",
            "sparql": "PREFIX f: <http://films.example/>\nASK { f:f4 f:director ?x }",
        }
    ]
    scores = SparqlScores()
    assert (
        len(
            list(
                evaluate(
                    map(GraphQuestion.from_row, asked), live, by_reading(version, live, Refused()), scores
                )
            )
        )
        == scores.questions
        == 1
    )


def test_rows_of_several_columns_may_be_told_by_labels(load):
    live = served(load()).live
    query = "SELECT ?f ?d { VALUES ?f { <http://films.example/f1> } ?f <http://films.example/director> ?d }"
    (row,) = names_of_rows(live.store.select(query).rows, live)
    assert row == ("http://films.example/f1 | http://films.example/p1", "Silent Harbour | Marta Oliveira")


@pytest.mark.parametrize(
    ("predicted", "gold", "score"),
    [
        ([("i:1", "Ada")], [("Ada",)], AnswerScore(1.0, True, True, True)),
        ([("i:1", "Ada"), ("i:2", "Bob")], [("Bob",)], AnswerScore(pytest.approx(2 / 3), False, True, False)),
        ([("i:1", "Ada")], [("Ada",), ("Bob",)], AnswerScore(pytest.approx(2 / 3), True, True, False)),
        ([], [], AnswerScore(1.0, False, False, True)),
        ([], [("Ada",)], AnswerScore(0.0, False, False, False)),
    ],
)
def test_answers_are_scored_by_any_of_their_names(predicted, gold, score):
    assert AnswerScore.of(predicted, gold) == score


def test_calibration_worked_out_by_hand():
    assert calibration_error([(0.95, True), (0.95, False), (0.35, False)]) == pytest.approx((0.9 + 0.35) / 3)
    assert calibration_error([]) == 0
    sure = [((0.9, 0.08), True)] * 60 + [((0.9, 0.08), False)] * 40
    warm = np.array([0.9, 0.08, 0.02]) ** (1 / best_temperature(sure, 1.0))
    assert warm[0] / warm.sum() == pytest.approx(0.6, abs=0.03)


def test_readings_share_what_is_sure():
    assert probabilities([], 1.0) == []
    assert probabilities([np.log(0.3), np.log(0.1)], 1.0) == pytest.approx([0.75, 0.25])
    assert probabilities([np.log(0.4), np.log(0.1)], 2.0) == pytest.approx([2 / 3, 1 / 3])


def run(*arguments, **options):
    output = StringIO()
    call_command(*arguments, stdout=output, **options)
    return output.getvalue().strip().splitlines()


def test_scores_and_predictions(transactional_db, files):
    last = run(
        "evaluate_sparql",
        graph=files / "films.ttl",
        questions=files / "questions.jsonl",
        predictions=files / "out.jsonl",
    )[-1]
    scores = json.loads(last)
    quality = {
        "f1",
        "hits@1",
        "hits@any",
        "exact",
        "executable",
        "non_empty",
        "answered",
        "calibration_error",
    }
    assert set(scores) == quality | {"ms_p50", "ms_p95", "questions"}
    assert scores["questions"] == 3
    assert scores["executable"] == scores["non_empty"] == 1
    predictions = [json.loads(line) for line in (files / "out.jsonl").read_text().splitlines()]
    assert predictions[0]["answers"] == ["http://films.example/p1"]
    assert predictions[0]["sparql"].startswith("SELECT")
    assert scores["f1"] >= 0.66


def test_known_queries_tell_the_most_that_can_be_had(transactional_db, files):
    questions = [
        {
            "question": "x",
            "sparql": "SELECT ?p WHERE { <http://films.example/f1> <http://films.example/director> ?p }",
            "answers": ["Marta Oliveira"],
        },
        {
            "question": "y",
            "sparql": "SELECT ?p WHERE { <http://films.example/f1> <http://films.example/director> ?p }",
            "answers": ["Another"],
        },
    ]
    (files / "known.jsonl").write_text("".join(json.dumps(each) + "\n" for each in questions))
    scores = json.loads(
        run(
            "evaluate_sparql", graph=files / "films.ttl", questions=files / "known.jsonl", known_queries=True
        )[-1]
    )
    assert (scores["hits@1"], scores["hits@any"], scores["exact"]) == (0.5, 0.5, 0.5)
    with pytest.raises(CommandError, match="--known-queries"):
        run(
            "evaluate_sparql",
            graph=files / "films.ttl",
            questions=files / "known.jsonl",
            known_queries=True,
            model=files,
        )


def test_missing_and_malformed_files_are_named(transactional_db, files):
    with pytest.raises(CommandError, match=r"none\.jsonl cannot be read"):
        run("evaluate_sparql", graph=files / "films.ttl", questions=files / "none.jsonl")
    with pytest.raises(CommandError, match=r"none\.ttl"):
        run("evaluate_sparql", graph=files / "none.ttl", questions=files / "questions.jsonl")
    (files / "bad.ttl").write_text("<a> <b")
    with pytest.raises(CommandError, match="cannot be read"):
        run("evaluate_sparql", graph=files / "bad.ttl", questions=files / "questions.jsonl")


def test_training_from_sets_to_a_model(transactional_db, tmp_path):
    data = tmp_path / "data" / "pairs" / ".." / "spider4sparql" / "graphs"
    data.mkdir(parents=True)
    with gzip.open(data / "films.nt.gz", "wt") as file:
        file.write(
            "<http://valuenet/ontop/f/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
            "<http://valuenet/ontop/film> .\n"
        )
        file.write('<http://valuenet/ontop/f/1> <http://valuenet/ontop/film#title> "Falcon" .\n')
    rows = [
        {
            "graph": "films",
            "question": "What are the titles of all films?",
            "sparql": "SELECT ?t WHERE { ?f a :film . ?f :film\\#title ?t }",
        }
    ]
    with gzip.open(data.parent / "train.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(each) + "\n" for each in rows))
    amounts = ["synthetic=1", "of_synthetic=4", "held_out_graphs=0", "made_from_small=4"]
    lines = run(
        "train_decoder",
        data=[data.parent.parent],
        out=tmp_path / "model",
        prepared=tmp_path / "kept",
        epochs=1.0,
        batch=8,
        amount=amounts,
        report_every=1000,
    )
    assert json.loads(lines[-1])["batches"] > 0
    model = DecoderModel(tmp_path / "model")
    assert model.vocabulary.steps[0] == "HEAD"
    assert (tmp_path / "kept").exists()
    with pytest.raises(CommandError, match="is not NAME=N"):
        run("train_decoder", data=[data], out=tmp_path / "model", amount=["many=1"])
