"""Files of JSON lines, plain and compressed, and questions read from them."""

import gzip

import pytest

from training.json_lines import MalformedFile, read_rows, spread
from training.sql.questions import SqlQuestion, by_database, read_sql_questions


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_rows_are_read_plain_and_compressed(tmp_path, name):
    opened = gzip.open if name.endswith("gz") else open
    with opened(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write('{"a": "é"}\n\n{"a": 2}\n')
    assert list(read_rows(tmp_path / name)) == [{"a": "é"}, {"a": 2}]


def test_a_malformed_line_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a"\n')
    with pytest.raises(MalformedFile, match=r"a\.jsonl, line 2"):
        list(read_rows(tmp_path / "a.jsonl"))


@pytest.mark.parametrize(
    ("number", "limit", "rows"),
    [
        (10, 3, [0, 3, 6]),
        (10, 10, list(range(10))),
        (10, 20, list(range(10))),
        (3, None, [0, 1, 2]),
        (0, 5, []),
    ],
)
def test_a_limit_spreads_over_the_rows(number, limit, rows):
    assert spread(range(number), limit) == rows


def test_questions_are_grouped_by_their_databases(tmp_path):
    lines = [
        '{"db_id": "b", "question": "how many?", "sql": "SELECT 1", "id": 7}',
        '{"db_id": "a", "question": "who?", "sql": "SELECT 2"}',
        '{"db_id": "b", "question": "where?", "sql": "SELECT 3"}',
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    grouped = by_database(read_sql_questions(tmp_path / "q.jsonl"))
    assert list(grouped) == ["b", "a"]
    assert grouped["b"][0] == SqlQuestion("b", "how many?", "SELECT 1", 7)
    assert grouped["a"] == [SqlQuestion("a", "who?", "SELECT 2")]
    (tmp_path / "q.jsonl").write_text('{"question": "who?"}')
    with pytest.raises(KeyError, match="db_id"):
        read_sql_questions(tmp_path / "q.jsonl")
