"""The signs of the query language, and the filters of other searches."""

import pytest

from codesearch.retrieval.conditions import AllOf, AnyOf, Filter, Literal, can_hold, holds
from codesearch.retrieval.query import QueryError, parse_query


@pytest.mark.parametrize(
    ("raw", "literals"),
    [
        (r'"say \"hi\""', (Literal('say "hi"'),)),
        (r'"#include \"a.h\"" x', (Literal('#include "a.h"'),)),
        (r'"path = \"', (Literal("path = \\"),)),
        (r'"a\.b" -"c\\d"', (Literal(r"a\.b"), Literal(r"c\\d", True))),
        (r"/parse_\w+/", (Literal(r"parse_\w+", regular=True),)),
        (r"-/a b+/ re:x+y", (Literal("a b+", True, True), Literal("x+y", regular=True))),
        (r'regex:"a \"b+"', (Literal('a "b+', regular=True),)),
        ('content:"a b"', (Literal("a b"),)),
        ('case:yes "Ab"', (Literal("Ab", cased=True),)),
        ("===", (Literal("==="),)),
        ("<< ??", (Literal("<<"), Literal("??"))),
        ("strict equality ===", (Literal("==="),)),
        ("either/or /usr/local/bin a / b / c", ()),
        ("where is it... - -- ->", ()),
        ("a/b/c", ()),
    ],
)
def test_texts_and_regular_expressions(raw, literals):
    assert parse_query(raw).literals == literals


def test_signs_are_no_words_and_words_stay():
    assert parse_query("strict equality ===").text == "strict equality ==="
    assert parse_query("parse OR").text == "parse OR"
    assert parse_query("OR parse").text == "OR parse"
    assert parse_query("print(x) (a b)").text == "print(x) (a b)"
    assert parse_query("foo:bar case:maybe").text == "foo:bar case:maybe"


@pytest.mark.parametrize(
    ("raw", "text", "groups"),
    [
        ("TODO OR FIXME repo:shop", "TODO FIXME", (AnyOf((Literal("TODO"), Literal("FIXME"))),)),
        ("(parse OR read) date", "date parse read", (AnyOf((Literal("parse"), Literal("read"))),)),
        ('"a" OR lang:go', "a", (AnyOf((Literal("a"), Filter("lang", "go"))),)),
        ('("a" lang:go) OR b', "a b", (AnyOf((AllOf((Literal("a"), Filter("lang", "go"))), Literal("b"))),)),
        ('-("a" OR "b")', "", (AnyOf((Literal("a"), Literal("b")), negated=True),)),
        ("x NOT (lang:go,c)", "x", (AnyOf((Filter("lang", "go"), Filter("lang", "c")), negated=True),)),
        ("f(x) OR g(y)", "f(x) g(y)", (AnyOf((Literal("f(x)"), Literal("g(y)"))),)),
        ("(kind:class OR name:x) OR y", "y", None),
    ],
)
def test_alternatives_and_brackets(raw, text, groups):
    query = parse_query(raw)
    assert query.text == text
    assert groups is None or query.groups == groups


def test_a_bracket_that_is_not_closed_is_told():
    query = parse_query('("a" OR "b"')
    assert query.groups == (AnyOf((Literal("a"), Literal("b"))),)
    assert "not closed" in query.notices[0]


@pytest.mark.parametrize(
    ("raw", "filters"),
    [
        ("language:Go file:a/b", (Filter("lang", "go"), Filter("path", "a/b"))),
        ("symbol:A,B", (Filter("name", "A"), Filter("name", "B"))),
        ("type:class", (Filter("kind", "class"),)),
        ("kind:file", (Filter("kind", "file"),)),
        (r"name:/^get_\w+$/", (Filter("name", r"^get_\w+$", regular=True),)),
        ("lang:sh", (Filter("lang", "shell"),)),
    ],
)
def test_filters_of_other_searches_are_understood(raw, filters):
    assert parse_query(raw).filters == filters


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("type:symbol x", "type:symbol is no filter here"),
        ("org:me x", "org:me is no filter here"),
        ("langauge:go", "Did you mean language:?"),
        ("x name:", "name: has no value"),
        ("case:maybe", "case:maybe is no filter here"),
    ],
)
def test_what_is_not_understood_is_told_and_stays_text(raw, told):
    query = parse_query(raw)
    assert told in " ".join(query.notices)
    assert query.text == raw
    assert not query.filters


@pytest.mark.parametrize("raw", ["absl::Span", "hooks: PreRun", "http://a.b", "a:b", "std::hash", "file://x"])
def test_other_words_with_colons_are_text_without_a_word_about_it(raw):
    assert (parse_query(raw).text, parse_query(raw).notices) == (raw, ())


@pytest.mark.parametrize("raw", ["/(/", r"/(a)\1/", "re:*", "/a*/", 're:""', "(" * 99 + "a OR b"])
def test_expressions_that_cannot_be_searched_for_are_refused(raw):
    with pytest.raises(QueryError):
        parse_query(raw)


def test_pasted_code_is_narrowed_by_a_line_of_filters():
    query = parse_query("def f():\n    return 1\nrepo:shop lang:python")
    assert (query.text, query.is_code) == ("def f():\n    return 1", True)
    assert query.filters == (Filter("repo", "shop"), Filter("lang", "python"))
    assert parse_query("repo:shop\nx = 1").filters == (Filter("repo", "shop"),)
    assert not parse_query("kind:Pod\nx: 1").filters
    assert parse_query('a\nreturn "lang:go" lang:go').text == 'a\nreturn "lang:go" lang:go'


def test_conditions_hold_by_their_leaves():
    a, b = Literal("a"), Literal("b", negated=True)
    condition = AllOf((a, AnyOf((b, Filter("kind", "class")))))
    assert holds(condition, lambda leaf: leaf == a)
    assert not holds(condition, lambda leaf: isinstance(leaf, Literal))
    assert can_hold(condition, lambda leaf: (False, True)) == (False, True)
    assert can_hold(AllOf((b,)), lambda leaf: (False, True)) == (True, False)
