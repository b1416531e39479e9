"""What answers on databases are worth, and the options of the command, with answers that are given."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluation.kbqa import sql as evaluation_sql
from evaluation.kbqa.sql import SqlScores, evaluate
from evaluation.kbqa.sql_match import Match
from evaluation.kbqa.sql_questions import GoldQuestion, opened_database
from kbqa.sql.answer.pipeline import Answer
from kbqa.sql.answer.reading import Reading
from tests.kbqa.sql.conftest import shop_file

__all__ = ["shop_file"]
COUNT, WRONG = "SELECT COUNT(*) FROM customer", "SELECT COUNT(*) + 7 FROM customer"


@pytest.fixture
def scored(db, shop_file, monkeypatch):
    """Scores of one question with the readings given, as (SQL, probability), and its prediction."""

    def score(gold, *readings, text="How many customers are there?", answerable=True, match=Match.EXACT):
        found = tuple(Reading(sql, probability) for sql, probability in readings)
        answer = Answer(text, found, answerable and bool(found), None, 5.0)
        monkeypatch.setattr(evaluation_sql, "ask", lambda *arguments, **options: answer)
        scores, question = SqlScores(), GoldQuestion("shop", text, tuple(gold), kind="plain")
        with opened_database(shop_file, {}) as source:
            (prediction,) = evaluate([question], source, None, scores, match=match)
        return scores.summary(), prediction

    return score


def test_any_gold_query_may_be_met(scored):
    scores, prediction = scored([WRONG, COUNT], (COUNT, 0.9))
    assert scores["execution_match"] == scores["handled"] == scores["valid"] == 1
    assert scores["right_where_sure"] == scores["sure"] == 1
    assert scores["kinds"] == {"plain": [1, 1]}
    assert scores["databases"] == {"shop": [1, 1]}
    assert prediction.right
    assert not prediction.layer
    assert scores["calibration_error"] == pytest.approx(0.1)


def test_a_refusal_is_right_only_where_there_is_no_answer(scored):
    scores, prediction = scored([], (COUNT, 0.1), answerable=False)
    assert (scores["refused"], scores["wrongly_refused"], scores["handled"]) == (1, None, 1)
    assert (scores["execution_match"], scores["sure_of_nothing"]) == (None, 0)
    assert prediction.refused
    assert prediction.right
    scores, prediction = scored([COUNT], (COUNT, 0.1), answerable=False)
    assert (scores["refused"], scores["wrongly_refused"], scores["handled"]) == (None, 1, 0)
    assert scores["execution_match"] == 1, "the best reading counts, shown or not"
    assert prediction.layer == "refusal"
    assert scores["lost_by"] == {"refusal": 1}


def test_an_answer_to_what_cannot_be_answered_is_wrong(scored):
    scores, prediction = scored([], (COUNT, 0.95))
    assert (scores["refused"], scores["handled"], scores["sure_of_nothing"]) == (0, 0, 1)
    assert scores["right_where_sure"] == 0
    assert scores["calibration_error"] == pytest.approx(0.95)
    assert not prediction.right


@pytest.mark.parametrize(
    ("gold", "readings", "layer"),
    [
        (COUNT, [(WRONG, 0.5), (COUNT, 0.3)], "ranking"),
        (COUNT, [(WRONG, 0.5)], "network"),
        (COUNT, [], "network"),
        ("SELECT COUNT(*) FROM customer WHERE age > 4711", [(COUNT, 0.5)], "linking"),
        ("SELECT COUNT(*) * 100.0 FROM customer", [(COUNT, 0.5)], "form"),
    ],
)
def test_the_layer_that_lost_an_answer_is_told(scored, gold, readings, layer):
    scores, prediction = scored([gold], *readings)
    assert prediction.layer == layer
    assert scores["lost_by"] == {layer: 1}


def test_the_nearest_gold_query_says_what_lost_the_answer(scored):
    golds = ["SELECT COUNT(*) * 100.0 FROM customer", COUNT]
    assert scored(golds, (WRONG, 0.5))[1].layer == "network"


def test_statements_that_do_not_run_and_that_write_are_counted(scored):
    scores, _ = scored([COUNT], ("SELECT nothing FROM nowhere", 0.5))
    assert (scores["valid"], scores["invalid"], scores["writes"]) == (0, 1, 0)
    scores, _ = scored([], ("DELETE FROM customer", 0.5), ("DROP TABLE customer", 0.2))
    assert (scores["invalid"], scores["writes"]) == (1, 2)
    assert scored([COUNT])[0]["valid"] == 0
    assert scored([COUNT])[0]["invalid"] == 0


def test_the_command_asks_at_a_time_and_takes_descriptions(
    transactional_db, shop_file, tmp_path, monkeypatch, settings
):
    asked = []

    def ask(text, source, generator, **options):
        about = source.schema.table("customer").column("age").description
        asked.append((settings.CLOCK, about))
        swapped = Reading("SELECT COUNT(*), name FROM customer GROUP BY name", 0.8)
        return Answer(text, (swapped,), True, None, 5.0)

    monkeypatch.setattr(evaluation_sql, "ask", ask)
    questions, said = tmp_path / "q.jsonl", tmp_path / "said.jsonl"
    gold = "SELECT name, COUNT(*) FROM customer GROUP BY name"
    questions.write_text(json.dumps({"db_id": "shop", "question": "how many?", "gold": [gold]}) + "\n")
    said.write_text('{"db_id": "shop", "table": "customer", "column": "age", "description": "in years"}\n')

    def matched(*arguments):
        out = StringIO()
        folders = [f"--questions={questions}", f"--databases={shop_file.parent}"]
        call_command("evaluate_sql", *folders, *arguments, stdout=out)
        return json.loads(out.getvalue().splitlines()[-1])["execution_match"]

    settings.CLOCK = before = "2001-01-01T00:00:00"
    assert matched() == 0
    assert matched("--match=any-order", "--clock=2025-03-14T10:30", f"--descriptions={said}") == 1
    assert asked == [(before, ""), ("2025-03-14T10:30:00", "in years")]
    assert before == settings.CLOCK
    with pytest.raises(CommandError, match="not a date or time"):
        matched("--clock=yesterday")
