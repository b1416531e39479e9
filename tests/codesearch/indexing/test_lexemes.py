"""The weighted words of a unit, and the words of texts and queries."""

import pytest

from codesearch.indexing.texts import lexemes
from codesearch.parsing import CodeUnit
from codesearch.parsing.words import identifier_parts, query_words, words, words_of_identifier


def unit(**fields):
    values = {
        "kind": "function", "name": "", "qualified_name": "", "signature": "", "documentation": "",
        "code": "", "start_line": 1, "end_line": 1,
    }  # fmt: skip
    return CodeUnit(**values | fields)


def by_word(unit, path=""):
    pairs = (entry.rsplit(":", 1) for entry in lexemes(unit, path).literal.split())
    return {word.strip("'"): positions for word, positions in pairs}


@pytest.mark.parametrize(
    ("field", "positions"),
    [("name", "1A"), ("qualified_name", "1B"), ("signature", "1B"), ("documentation", "1C"), ("code", "1D")],
)
def test_each_part_of_a_unit_has_its_weight(field, positions):
    assert by_word(unit(**{field: "total"})) == {"total": positions}


def test_folders_and_the_files_name_count_as_scope_and_its_ending_does_not():
    assert by_word(unit(), "shop/prices.py") == {"shop": "1B", "price": "1B"}


def test_a_word_of_several_parts_has_the_strongest_first():
    assert by_word(unit(name="sum", documentation="sum", code="sum sum")) == {"sum": "1A,2C,3D,4D"}


@pytest.mark.parametrize(
    ("field", "most"), [("name", 2), ("qualified_name", 2), ("documentation", 4), ("code", 6)]
)
def test_a_word_counts_a_few_times_in_each_part(field, most):
    (positions,) = by_word(unit(**{field: "sum " * 10})).values()
    assert len(positions.split(",")) == most


def test_the_length_is_that_of_documentation_and_code():
    # getSize is three words: its parts, and the whole.
    texts = unit(name="f", signature="a b", documentation="one two", code="getSize")
    assert lexemes(texts, "a/b.py").length == 5
    assert lexemes(unit(), "").length == 0


def test_a_unit_has_at_most_four_thousand_words():
    code = "\n".join(str(number) for number in range(5000))
    assert len(lexemes(unit(code=code), "").literal.split()) == 4000


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [
        ("HTTPServer2", ["http", "server", "2"]),
        ("parseURL", ["parse", "url"]),
        ("iPhone", ["i", "phone"]),
        ("X509Certificate", ["x", "509", "certificate"]),
        ("__init__", ["init"]),
        ("SCREAMING_SNAKE", ["screaming", "snake"]),
        ("kebab-case", ["kebab", "case"]),
        ("ÄpfelUndBirnen", ["äpfel", "und", "birnen"]),
        ("jQuery$", ["j", "query"]),
        ("___", []),
        ("", []),
    ],
)
def test_identifiers_fall_apart_at_capitals_digits_and_signs(identifier, parts):
    assert identifier_parts(identifier) == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("running runs", ["run", "run"]),
        ("a.b", ["a", "b"]),
        ("snake_case!", ["snake", "case", "snakecase"]),
        ("x = 3.14", ["x", "3", "14"]),
    ],
)
def test_words_of_a_text_come_in_order(text, expected):
    assert list(words(text)) == expected


def test_long_words_are_cut():
    assert words_of_identifier("x" * 100) == ("x" * 60,)
    assert [len(word) for word in words_of_identifier(f"{'a' * 50}_{'b' * 50}")] == [50, 50, 60]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("parse parse PARSE", ["pars"]),
        ("The parser of the parser", ["parser"]),
        ("how to", ["how", "to"]),
        ("is_valid", ["is", "valid", "isvalid"]),
        ("where is getUser", ["get", "user", "getuser"]),
    ],
)
def test_words_of_a_query_are_distinct_and_carry_its_subject(query, expected):
    assert query_words(query) == expected
