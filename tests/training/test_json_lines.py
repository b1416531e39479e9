"""Files of JSON lines, plain and compressed, and questions read from them."""

import gzip
import hashlib
import json

import pytest

from training.json_lines import MalformedFile, read_as, read_rows, spread
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
    with pytest.raises(MalformedFile, match=r"q\.jsonl: a line lacks .db_id"):
        read_sql_questions(tmp_path / "q.jsonl")


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n  \n")
    assert list(read_rows(tmp_path / "a.jsonl")) == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MalformedFile, match=r"a\.jsonl cannot be read: "):
        list(read_rows(tmp_path / "a.jsonl"))


@pytest.mark.parametrize("line", ["3", '"text"', "[1, 2]", "null"])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n' + line)
    with pytest.raises(MalformedFile, match=r"a\.jsonl, line 2: not an object"):
        list(read_rows(tmp_path / "a.jsonl"))


def test_a_download_that_was_cut_off_is_told_where(tmp_path):
    """Rows of random letters: what is packed well would be gone as a whole."""
    rows = [json.dumps({"a": hashlib.sha256(bytes([number])).hexdigest()}) for number in range(200)]
    whole = gzip.compress("\n".join(rows).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MalformedFile, match=r"a\.jsonl\.gz, after line \d+: "):
        list(read_rows(tmp_path / "a.jsonl.gz"))


def test_what_is_not_packed_is_named(tmp_path):
    (tmp_path / "a.jsonl.gz").write_text('{"a": 1}\n')
    with pytest.raises(MalformedFile, match=r"a\.jsonl\.gz cannot be read: Not a gzipped file"):
        list(read_rows(tmp_path / "a.jsonl.gz"))


def test_a_row_that_lacks_a_field_is_told_with_its_file(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"b": 2}\n')
    with pytest.raises(MalformedFile, match=r"a\.jsonl: a line lacks 'a'"):
        read_as(tmp_path / "a.jsonl", lambda row: row["a"])
    assert read_as(tmp_path / "a.jsonl", lambda row: row.get("a", 0)) == [1, 0]


def test_an_error_of_what_takes_the_rows_is_its_own(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(FileNotFoundError):
        read_as(tmp_path / "a.jsonl", lambda row: (tmp_path / "none").read_text())


def test_what_is_not_utf8_is_told_where(tmp_path):
    (tmp_path / "a.jsonl").write_bytes('{"a": "é"}\n'.encode("latin-1"))
    with pytest.raises(MalformedFile, match=r"a\.jsonl, after line 0: "):
        list(read_rows(tmp_path / "a.jsonl"))


def test_rows_are_read_as_they_are_asked_for(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\nnot JSON\n')
    assert next(read_rows(tmp_path / "a.jsonl")) == {"a": 1}


def test_a_question_need_not_have_a_number(tmp_path):
    row = {"db_id": "a", "question": "who?", "sql": "SELECT 1"}
    assert SqlQuestion.from_row(row).id is None
    assert SqlQuestion.from_row(row | {"id": 0}).id == 0
    (tmp_path / "q.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"question": "when?"}))
    assert [each.text for each in read_sql_questions(tmp_path / "q.jsonl", 1)] == ["who?"]
