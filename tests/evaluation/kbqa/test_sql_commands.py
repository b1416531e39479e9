"""The commands that train and measure SQL, on sets of a few questions."""

import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kbqa.decoding.pointer_network import DecoderModel
from kbqa.sql.answer.reranking import FEATURES
from kbqa.sql.decoder import MODEL_FOLDER
from kbqa.sql.focus.selection import Budget, connected
from kbqa.sql.grammar import VOCABULARY
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Schema, Table
from kbqa.sql.verifier.inference import Verifier
from tests.kbqa.sql.conftest import shop_file

__all__ = ["shop_file"]

QUESTIONS = [
    {
        "id": 1,
        "db_id": "shop",
        "question": "How many customers are there?",
        "sql": "SELECT count(*) FROM customer",
    },
    {
        "id": 2,
        "db_id": "shop",
        "question": "What are the names of all cities?",
        "sql": "SELECT name FROM city",
    },
    {
        "id": 3,
        "db_id": "shop",
        "question": "names of customers from Porto",
        "sql": "SELECT customer.name FROM customer JOIN city ON customer.city_id = city.city_id "
        "WHERE city.name = 'Porto'",
    },
]


@pytest.fixture
def data(tmp_path, shop_file):
    folder = tmp_path / "data" / "spider" / "database" / "shop"
    folder.mkdir(parents=True)
    shutil.copy(shop_file, folder / "shop.sqlite")
    lines = "".join(json.dumps(each) + "\n" for each in QUESTIONS)
    for name in ("train", "dev"):
        (tmp_path / "data" / "spider" / f"{name}.jsonl").write_text(lines)
    return tmp_path / "data"


def run(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue().strip().splitlines()


def test_a_model_is_trained_and_measured(transactional_db, data, tmp_path):
    run(
        "train_decoder",
        language="sql",
        data=[data],
        out=tmp_path / "model",
        epochs=1.0,
        batch=4,
        report_every=1000,
        amount=["held_out_databases=0", "synthetic=1", "of_synthetic=4", "made=2", "of_tables=2"],
    )
    assert DecoderModel(tmp_path / "model").vocabulary.steps == VOCABULARY.steps
    last = run(
        "evaluate_sql",
        questions=data / "spider" / "dev.jsonl",
        databases=data / "spider" / "database",
        model=tmp_path / "model",
        predictions=tmp_path / "out.jsonl",
    )[-1]
    scores = json.loads(last)
    assert {"execution_match", "valid", "ms_p50", "ms_p95", "classes", "questions"} <= set(scores)
    assert scores["valid"] == 1
    assert sum(total for _, total in scores["classes"].values()) == scores["questions"] == 3
    predictions = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [each["id"] for each in predictions] == [1, 2, 3]
    assert predictions[0]["sql"].startswith("SELECT")
    run(
        "fit_reranker",
        questions=data / "spider" / "dev.jsonl",
        databases=data / "spider" / "database",
        model=tmp_path / "model",
    )
    ranking = json.loads((tmp_path / "model" / "decoder.json").read_text())["ranking"]
    assert set(ranking) == set(FEATURES)
    assert all(weight <= 0 for name, weight in ranking.items() if name.endswith("left out"))


def test_a_verifier_is_trained(transactional_db, data, tmp_path):
    out = tmp_path / "verifier"
    last = run("train_verifier", data=[data], decoder=MODEL_FOLDER, out=out)[-1]
    assert set(json.loads(last)) == {"batches", "of", "loss", "first_right"}
    readings = [("The number of customers.", "1 rows, 1 columns: 5")]
    assert len(Verifier(out).scores("How many customers are there?", readings)) == 1


def test_without_questions_no_verifier_is_trained(transactional_db, tmp_path):
    with pytest.raises(CommandError, match="nothing to train on"):
        run("train_verifier", data=[tmp_path], decoder=MODEL_FOLDER, out=tmp_path / "verifier")


def test_focus_is_measured(data, tmp_path):
    columns = [
        ("city", "city_id"),
        ("city", "name"),
        ("customer", "customer_id"),
        ("customer", "name"),
        ("customer", "age"),
        ("customer", "city_id"),
    ]
    schema, questions = tmp_path / "schema.jsonl", data / "spider" / "dev.jsonl"
    schema.write_text(
        "".join(
            json.dumps({"db_id": "shop", "table": table, "column": column}) + "\n"
            for table, column in columns
        )
    )
    roomy = json.loads(run("evaluate_focus", questions=questions, schema=schema, budget="roomy")[-1])
    assert roomy["table_recall"] == roomy["column_recall"] == 1
    narrow = json.loads(run("evaluate_focus", questions=questions, schema=schema)[-1])
    assert narrow["columns_kept"] <= 0.85  # twice the root of six, of six
    assert (
        narrow["tokens_after"] <= roomy["tokens_after"] <= roomy["tokens_before"] == narrow["tokens_before"]
    )
    other = tmp_path / "other.jsonl"
    other.write_text(schema.read_text() + '{"db_id": "zoo", "table": "animal", "column": "name"}\n' * 3)
    both = json.loads(
        run("evaluate_focus", questions=questions, schema=other, budget="roomy", merge=True)[-1]
    )
    assert both["tokens_before"] > roomy["tokens_before"]
    assert both["column_recall"] == 1
    named = tmp_path / "named.jsonl"
    named.write_text(
        json.dumps(
            {
                "db_id": "shop",
                "question": "ages",
                "gold_columns": ["customer.age"],
                "gold_tables": ["customer"],
            }
        )
        + "\n"
    )
    assert json.loads(run("evaluate_focus", questions=named, schema=schema)[-1])["column_recall"] == 1


@pytest.mark.parametrize(
    ("likelihoods", "kept"),
    [
        ([0.9] * 3 + [0.0] * 97, 6),  # no fewer than 0.6 times the root
        ([0.9] * 12 + [0.0] * 88, 12),
        ([0.9] * 100, 20),  # no more than twice the root
        ([0.0], 1),
    ],
)
def test_a_budget_follows_what_is_likely_within_its_bounds(likelihoods, kept):
    refs = [ColumnRef("reading", f"c{place}") for place in range(len(likelihoods))]
    schema = Schema(
        (Table("reading", tuple(Column(ref.column, ColumnType.NUMBER, "INTEGER") for ref in refs)),)
    )
    budget = Budget(1.3, 0.6, 2.0)
    found = connected(
        schema, budget.wanted(refs, dict(zip(refs, likelihoods, strict=True))), budget.limit(len(refs))
    )
    assert found == refs[:kept]


def test_keys_that_connect_tables_count_towards_the_limit_alone():
    number = ColumnType.NUMBER
    tables = [
        Table(
            name,
            (
                Column("id", number, "INTEGER"),
                Column("owner", number, "INTEGER"),
                Column("size", number, "INTEGER"),
            ),
        )
        for name in "ab"
    ]
    schema = Schema(tuple(tables), (ForeignKey(ColumnRef("b", "owner"), ColumnRef("a", "id")),))
    sizes = [ColumnRef("a", "size"), ColumnRef("b", "size")]
    likely = {ref: 0.9 if ref in sizes else 0.0 for ref in schema.refs()}
    wanted = Budget(3.0, 0.1, 3.0).wanted([*sizes, ColumnRef("a", "owner")], likely)
    assert wanted == sizes
    assert set(connected(schema, wanted, 4)) == {*sizes, ColumnRef("a", "id"), ColumnRef("b", "owner")}
    assert connected(schema, wanted, 3) == sizes[:1], "without room for the keys, a table is left out"


def test_missing_files_are_named(transactional_db, data, tmp_path):
    with pytest.raises(CommandError, match=r"none\.jsonl cannot be read"):
        run("evaluate_sql", questions=tmp_path / "none.jsonl", databases=data)
    with pytest.raises(CommandError, match="There is no database"):
        run("evaluate_sql", questions=data / "spider" / "dev.jsonl", databases=data)
    (tmp_path / "schema.jsonl").write_text('{"db_id": "other", "table": "a", "column": "b"}\n')
    with pytest.raises(CommandError, match="There is no database"):
        run("fit_reranker", questions=data / "spider" / "dev.jsonl", databases=tmp_path, model=MODEL_FOLDER)
    with pytest.raises(CommandError, match="has no shop"):
        run("evaluate_focus", questions=data / "spider" / "dev.jsonl", schema=tmp_path / "schema.jsonl")
