"""Sets of questions on databases: lines, databases, what is said of columns, and what is right."""

import json

import pytest

from evaluation.kbqa.descriptions import read_descriptions
from evaluation.kbqa.sql_match import Match, matches
from evaluation.kbqa.sql_questions import GoldQuestion, NoDatabaseError, found_file, opened_database
from kbqa.sql.schema import ColumnRef
from training.json_lines import MalformedFile

SCRIPT = "CREATE TABLE leak (no INTEGER PRIMARY KEY, cause TEXT); INSERT INTO leak VALUES (1, 'FR');"


def question(**fields):
    return GoldQuestion.from_row({"db_id": "water", "question": "how many?"} | fields)


def test_a_question_has_one_gold_query_or_several_or_none():
    assert question(sql="SELECT 1").golds == ("SELECT 1",)
    assert question(gold=["SELECT 1", "SELECT 2"]).golds == ("SELECT 1", "SELECT 2")
    assert not question(gold=[]).answerable
    assert not question(gold=["SELECT 1"], kind="refuse").answerable
    with pytest.raises(KeyError):
        question()


def test_rows_are_ordered_where_the_set_says_so_or_else_where_the_only_query_is():
    assert question(sql="SELECT no FROM leak ORDER BY no").ordered
    assert not question(sql="SELECT no FROM leak ORDER BY no", ordered=False).ordered
    assert not question(gold=["SELECT no FROM leak ORDER BY no"]).ordered
    assert question(gold=["SELECT no FROM leak ORDER BY no"], ordered=True).ordered


def test_evidence_is_part_of_the_question():
    assert question(sql="SELECT 1", evidence="frost is FR").text == "how many? frost is FR"


def test_a_database_is_a_file_in_either_place_or_a_script(tmp_path):
    with pytest.raises(NoDatabaseError, match=r"There is no database .*water/water\.sqlite, nor water\.sq"):
        found_file(tmp_path, "water")
    (tmp_path / "water.sql").write_text(SCRIPT)
    assert found_file(tmp_path, "water") == tmp_path / "water.sql"
    (tmp_path / "water.sqlite").touch()
    assert found_file(tmp_path, "water") == tmp_path / "water.sqlite"
    (tmp_path / "water").mkdir()
    (tmp_path / "water" / "water.sqlite").touch()
    assert found_file(tmp_path, "water") == tmp_path / "water" / "water.sqlite"


def test_a_script_is_opened_with_what_is_said_of_its_columns(db, tmp_path):
    (tmp_path / "water.sql").write_text(SCRIPT)
    said = {("leak", "cause"): "FR = frost", ("leak", ""): "holes in pipes"}
    with opened_database(tmp_path / "water.sql", said) as source:
        assert source.schema.column(ColumnRef("leak", "cause")).description == "FR = frost"
        assert source.schema.table("leak").description == "holes in pipes"
        with source.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT cause FROM leak").fetchall() == [("FR",)]
    with opened_database(tmp_path / "water.sql", {}) as source:
        assert source.schema.column(ColumnRef("leak", "cause")).description == ""


def test_descriptions_are_lines_or_a_folder_as_bird_has_it(tmp_path):
    lines = tmp_path / "said.jsonl"
    lines.write_text(
        json.dumps({"db_id": "water", "table": "LEAK", "column": "Cause", "description": "FR = frost"})
        + '\n{"db_id": "water", "table": "LEAK", "description": "holes in pipes"}\n'
    )
    expected = {("leak", "cause"): "FR = frost", ("leak", ""): "holes in pipes"}
    assert read_descriptions(lines) == {"water": expected}
    lines.write_text('{"db_id": "water", "table": "LEAK"}\n')
    with pytest.raises(MalformedFile, match="description"):
        read_descriptions(lines)
    folder = tmp_path / "bird"
    (folder / "water" / "database_description").mkdir(parents=True)
    (folder / "water" / "database_description" / "Leak.csv").write_text(
        "original_column_name,column_name,column_description,data_format,value_description\n"
        'Cause,,"why it leaks",text,"FR: frost"\nno,number,,integer,\nempty,,,,\n',
        encoding="utf-8-sig",
    )
    (folder / "zoo").mkdir()
    (folder / "zoo" / "Animal.md").write_text(
        "| Column | Alias | Type | Description |\n| Id | key | i | a |\n"
    )
    assert read_descriptions(folder) == {
        "water": {("leak", "cause"): "why it leaks. FR: frost", ("leak", "no"): "number"},
        "zoo": {("animal", "id"): "key. a"},
    }


@pytest.mark.parametrize(
    ("rows", "gold", "strictest"),
    [
        ([("a", 1)], [("a", 1.0)], Match.EXACT),
        ([(1, "a")], [("a", 1)], Match.ANY_ORDER),
        ([(1, 2), (2, 1)], [(1, 2), (2, 1)], Match.EXACT),
        ([(1, 2), (2, 2)], [(1, 1), (2, 2)], None),
        ([(1, 2), (2, 1)], [(1, 1), (2, 2)], None),
        ([("a", 1, "x")], [("a", 1)], Match.LOOSE),
        ([("a",)], [("a", 1)], None),
        ([("02", 33.333333)], [("2", 33.3333)], Match.LOOSE),
        ([(1033,)], [(1034,)], None),
        ([tuple(range(12))], [(3,)], None),
        ([], [], Match.EXACT),
        ([("a",)], [], None),
        ([(None,)], [("",)], Match.LOOSE),
    ],
)
def test_results_are_as_alike_as_the_question_wants(rows, gold, strictest):
    met = [match for match in Match if matches(rows, gold, ordered=False, match=match)]
    assert met == (list(Match)[list(Match).index(strictest) :] if strictest else [])


def test_an_order_is_wanted_of_whichever_columns():
    rows, gold = [("x", 1), ("y", 2)], [(2, "y"), (1, "x")]
    assert matches(rows, gold, ordered=False, match=Match.ANY_ORDER)
    assert not matches(rows, gold, ordered=True, match=Match.ANY_ORDER)
    assert matches(rows, gold[::-1], ordered=True, match=Match.LOOSE)
