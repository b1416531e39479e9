import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.retrieval.query import Filter, Literal, QueryError, parse_query


@pytest.mark.parametrize(
    ("raw", "text", "filters", "literals"),
    [
        ("parse a date", "parse a date", (), ()),
        ("parse lang:py repo:django", "parse", (Filter("lang", "python"), Filter("repo", "django")), ()),
        (
            "x -path:tests/** kind:class,function",
            "x",
            (Filter("path", "tests/**", True), Filter("kind", "class"), Filter("kind", "function")),
            (),
        ),
        ('path:"a b/c" x', "x", (Filter("path", "a b/c"),), ()),
        ('find "is not" -"todo"', "find is not", (), (Literal("is not"), Literal("todo", True))),
        ("absl::Span hooks: PreRun", "absl::Span hooks: PreRun", (), ()),
        ("path::join name: x", "path::join name: x", (), ()),
        ('print("hello") x="1"', 'print("hello") x="1"', (), ()),
        ('an "unclosed quote', 'an "unclosed quote', (), ()),
        ("a -b c--d", "a -b c--d", (), ()),
        ("LANG:Go Name:get_*", "", (Filter("lang", "go"), Filter("name", "get_*")), ()),
    ],
)
def test_queries_are_taken_apart(raw, text, filters, literals):
    query = parse_query(raw)
    assert (query.text, query.filters, query.literals) == (text, filters, literals)


@pytest.mark.parametrize(
    ("raw", "advice"),
    [
        ("lang:pyton x", "Did you mean lang:python?"),
        ("kind:klass", "Did you mean kind:class?"),
        ("kind:zzz", "Choose one of function, method"),
        ('name:""', "needs a value"),
        ("x" * 100_000, "at most 20,000"),
    ],
)
def test_mistakes_are_explained(raw, advice):
    with pytest.raises(QueryError) as error:
        parse_query(raw)
    assert advice in str(error.value)


@pytest.mark.parametrize(
    ("raw", "symbols"),
    [
        ("PageNumberPagination", ("PageNumberPagination",)),
        ("Session", ("Session",)),
        ("where is get_user used", ("get_user",)),
        ("absl::Span", ("Span",)),
        ("Model.save()", ("save",)),
        ("how does the session work", ()),
        ("what is Django", ()),
    ],
)
def test_symbols_are_recognised(raw, symbols):
    assert parse_query(raw).symbols == symbols


def test_several_lines_are_code():
    query = parse_query('def f():\n    return "lang:x"\n')
    assert query.is_code
    assert not query.filters


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(raw):
    try:
        query = parse_query(raw)
    except QueryError:
        return
    assert "\0" not in query.text
