"""Filters as SQL; those of repositories and of text are tested with the pipeline."""

import re

import pytest

from codesearch.retrieval.conditions import Literal
from codesearch.retrieval.filters import conditions_of, files_sql, served
from codesearch.retrieval.query import parse_query

SERVED = served().sql


def conditions(raw):
    return conditions_of(parse_query(raw))


def test_without_filters_every_served_unit_meets_the_conditions():
    assert (conditions("x").sql, conditions("x").parameters) == (SERVED, ())


def test_values_of_a_field_are_alternatives_and_fields_meet():
    found = conditions("lang:python,go kind:class")
    assert found.sql == f"{SERVED} AND (u.language = %s OR u.language = %s) AND (u.kind = %s)"
    assert found.parameters == ("python", "go", "class")


def test_negated_values_exclude():
    found = conditions("-lang:python -lang:go lang:ruby")
    assert found.sql == f"{SERVED} AND (u.language = %s) AND NOT u.language = %s AND NOT u.language = %s"
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
        ("/src/*.t?", "lib/src/c.ts", False),
        ("./src/*.ts", "lib/src/c.ts", False),
        ("/src/c", "src/c.ts", True),
        ("/src/c", "lib/src/c.ts", False),
        ("src\\*.ts", "src/c.ts", True),
        (r"/\.go$/", "a/b.go", True),
        (r"/\.go$/", "a/b.gox", False),
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
        "((position(lower(%s) in lower(u.path)) > 0))",
        ("core/mail",),
    )


def test_paths_are_written_as_elsewhere():
    assert conditions(r"file:^src/.*\.go$").parameters == (r"^src/.*\.go$",)
    assert conditions("file:src/a.go").parameters == ("src/a.go",)
    assert conditions("ext:go").parameters == (conditions("path:*.go").parameters)
    assert conditions("path:web\\Card.jsx").parameters == ("web/Card.jsx",)


def test_capitals_count_where_that_is_asked_for():
    assert conditions("name:Get_User case:yes").sql.endswith("(u.name = %s)")
    assert "u.path ~ %s" in conditions("path:Src/* case:yes").sql


def test_of_text_the_units_are_known():
    query = parse_query('-"todo" lang:go')
    found = conditions_of(query, {Literal("todo"): [11, 12]})
    assert found.sql == f"{SERVED} AND NOT u.id = ANY(%s) AND (u.language = %s)"
    assert found.parameters == ([11, 12], "go")


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ('"ab"', "TRUE"),
        ("-kind:class", "TRUE"),
        ("-lang:go", "NOT f.language = %s"),
        ("lang:go OR kind:class", "TRUE"),
        ("lang:go OR lang:ruby", "f.language = %s OR f.language = %s"),
        ("-(lang:go OR lang:ruby)", "NOT f.language = %s AND NOT f.language = %s"),
        ("-(lang:go kind:class)", "TRUE"),
    ],
)
def test_files_that_could_meet_the_conditions_are_read(raw, read):
    sql, _ = files_sql(parse_query(raw).condition, bounded=True)
    assert sql.replace("(", "").replace(")", "") == read
