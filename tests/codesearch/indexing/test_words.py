import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from codesearch.indexing.texts import lexemes
from codesearch.parsing import parse_file
from codesearch.parsing.dense_text import text_hash
from codesearch.parsing.words import query_words, words, words_of_identifier


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("getUserById", ("get", "user", "by", "id", "getuserbyid")),
        ("get_user_by_id", ("get", "user", "by", "id", "getuserbyid")),
        ("HTTPServer2", ("http", "server", "2", "httpserver2")),
        ("validators", ("valid",)),
        ("größe", ("größe",)),
        ("getGröße", ("get", "größe", "getgröße")),
        ("代码Search", ("代码", "search", "代码search")),
    ],
)
def test_identifiers_are_split_and_stemmed(identifier, expected):
    assert words_of_identifier(identifier) == expected


def test_queries_meet_units():
    assert set(query_words("How do I validate the user's id?")) & set(words("def validateUserId(): ..."))


def test_stop_words_count_if_there_is_nothing_else():
    assert query_words("how does this work with is") == ["work"]
    assert query_words("what is it") == ["what", "is", "it"]


def test_equal_texts_have_equal_hashes():
    assert text_hash("a") == text_hash("a") != text_hash("b")


@pytest.mark.django_db
@given(st.text(max_size=200))
def test_lexemes_are_always_a_tsvector(text):
    for unit in parse_file("a.py", f"def f():\n    {text!r}\n# {text}").units:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::tsvector", [lexemes(unit, "a/b.py").literal])
