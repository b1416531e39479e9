"""Filters as SQL; those of repositories and of text are tested with the pipeline."""

import re

import pytest

from codesearch.retrieval import filters
from codesearch.retrieval.filters import conditions_of, served
from codesearch.retrieval.literals import whole_words
from codesearch.retrieval.query import parse_query

SERVED = served().sql


def conditions(raw):
    return conditions_of(parse_query(raw))


def test_without_filters_every_served_unit_meets_the_conditions():
    assert (conditions("x").sql, conditions("x").parameters) == (SERVED, ())
    assert conditions("x").slow == "TRUE"


def test_values_of_a_field_are_alternatives_and_fields_meet():
    found = conditions("lang:python,go kind:class")
    assert found.sql == f"{SERVED} AND (u.language = %s OR u.language = %s) AND (u.kind = %s)"
    assert found.parameters == ("python", "go", "class")


def test_negated_values_exclude():
    found = conditions("-lang:python -lang:go lang:ruby")
    assert found.sql == f"{SERVED} AND (u.language = %s) AND NOT (u.language = %s OR u.language = %s)"
    assert found.parameters == ("ruby", "python", "go")


def test_names_are_compared_capitals_apart_and_with_wildcards_whole():
    assert conditions("name:Get_User").sql.endswith("(lower(u.name) = lower(%s))")
    assert conditions("name:get_*").parameters == ("^get_[^/]*$",)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("src/**/*.ts", "src/a/b/c.ts", True),
        ("src/**/*.ts", "src/c.ts", True),
        ("src/*.ts", "src/a/c.ts", False),
        ("src/*.ts", "lib/src/c.ts", True),
        ("src/*.ts", "lib/notsrc/c.ts", False),
        ("/src/*.t?", "src/c.ts", True),
        ("src/*.t?", "src/c.tsx", False),
        ("*.py", "a/b.PY", True),
        ("a*", "lib/abc/x.py", True),
        ("a.b*", "axb", False),
    ],
)
def test_patterns_of_paths(pattern, path, matches):
    found = conditions(f"path:{pattern}")
    assert "~*" in found.sql
    assert bool(re.search(found.parameters[0], path, re.IGNORECASE)) is matches


def test_a_path_without_wildcards_stands_anywhere():
    found = conditions("path:core/mail")
    assert (found.sql.split(" AND ")[-1], found.parameters) == (
        "(position(lower(%s) in lower(u.path)) > 0)",
        ("core/mail",),
    )


@pytest.fixture
def texts(monkeypatch):
    """Files 1 to 3 have each text, with the units 11 and 12; what was asked is noted."""
    asked = []

    def files_with(text, narrowed, parameters):
        asked.append((text, narrowed, list(parameters)))
        return [1, 2, 3]

    monkeypatch.setattr(filters, "files_with", files_with)
    monkeypatch.setattr(filters, "units_with", lambda text, files: [11, 12])
    return asked


def test_of_text_in_few_files_the_units_are_known(texts):
    found = conditions('"sendmail("')
    assert (found.sql, found.parameters) == (f"{SERVED} AND u.id = ANY(%s)", ([11, 12],))
    assert (found.slow, found.few) == ("TRUE", True)


def test_units_without_a_text_are_not_few(texts):
    found = conditions('-"sendmail("')
    assert (found.sql, found.few) == (f"{SERVED} AND NOT u.id = ANY(%s)", False)


def test_of_text_in_many_files_units_are_read_last(texts, monkeypatch):
    monkeypatch.setattr(filters, "FEW_FILES", 2)
    found = conditions('"sendmail(" -"TODO"')
    assert (found.sql, found.parameters) == (f"{SERVED} AND u.file_id = ANY(%s)", ([1, 2, 3],))
    assert found.slow.startswith("TRUE AND position(")
    assert "NOT (u.file_id = ANY(%s) AND position(" in found.slow
    assert found.slow_parameters == ("sendmail(", [1, 2, 3], "TODO")
    assert not found.few


def test_each_text_is_looked_for_where_those_before_it_stand(texts):
    conditions('-"a" "b" lang:go')
    assert [text for text, _, _ in texts] == ["b", "a"]
    assert texts[0][1:] == (f"{SERVED} AND (u.language = %s)", ["go"])
    assert texts[1][2] == ["go", [11, 12]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sendmail", []),
        ("(sendmail)", ["sendmail"]),
        ("x.send_mail(", ["send", "mail", "sendmail"]),
        ("a b c", ["b"]),
        ("_b_", []),
    ],
)
def test_only_identifiers_that_end_inside_a_text_are_whole(text, words):
    assert whole_words(text) == words
