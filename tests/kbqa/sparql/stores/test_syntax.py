"""The grammar takes what the engine takes, and what is written anew means the same."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import QueryBoolean, QuerySolutions, RdfFormat, Store

from kbqa.sparql.prefixes import KNOWN
from kbqa.sparql.stores.base import QueryError
from kbqa.sparql.stores.syntax import query_of, update_of
from kbqa.sparql.stores.tokens import REFUSED, Tokens
from tests.kbqa.conftest import FILMS

PREFIXES = KNOWN | {"f": "http://films.example/", "A": "urn:A:", "": "http://films.example/"}
_HERE = Path(__file__)
_BY_CHANCE = ("UUID(", "RAND(", "NOW(", "BNODE(", "SAMPLE(")


def _queries() -> Iterator[str]:
    for line in _HERE.with_name("accepted.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("# Queries"):
            yield re.sub(r"(?<=comment)\\n|(?<=another)\\r", "\n", line)
    for path in sorted(_HERE.parents[3].joinpath("training/sparql").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from (part for part in line.split(" | ") if part.startswith(("SELECT ", "ASK ", "PREFIX ")))


_ELSEWHERE = re.compile(rf"\b({'|'.join(REFUSED)})\b", re.IGNORECASE)
QUERIES = [query for query in _queries() if not _ELSEWHERE.search(query)]


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store()
    store.load(FILMS.encode(), format=RdfFormat.TURTLE)
    return store


def found(store: Store, query: str, **options) -> object:
    result = store.query(query, **options)
    if isinstance(result, QueryBoolean):
        return bool(result)
    if isinstance(result, QuerySolutions):
        return [variable.value for variable in result.variables], sorted(str(list(row)) for row in result)
    return len(list(result))


def of_engine(store: Store, query: str) -> object:
    """What the engine finds in a query as it stands; None if it does not take it."""
    try:
        return found(store, query, prefixes=PREFIXES)
    except (SyntaxError, ValueError, RuntimeError):
        return None


def test_what_the_engine_takes_is_taken_and_means_the_same_when_written_anew(store):
    taken = 0
    for query in QUERIES:
        told = of_engine(store, query)
        if told is None:
            continue
        taken += 1
        written = query_of(query, PREFIXES)
        assert query_of(written, {}) == written
        if not any(word in query for word in _BY_CHANCE):
            assert found(store, written) == told, query
    assert taken > 200


@pytest.mark.parametrize("seed", range(5))
def test_queries_with_tokens_changed_are_taken_where_the_engine_takes_them(store, seed):
    """Each has a token more, less, or from elsewhere; many of them the engine takes in its own way."""
    chance = random.Random(seed)
    texts = [list(map(str, Tokens(query))) for query in QUERIES if of_engine(store, query) is not None]
    every = sorted({token for text in texts for token in text})
    taken = 0
    for _ in range(400):
        text = list(chance.choice(texts))
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 1)] = chance.sample(every, chance.randint(0, 1))
        query = " ".join(text)
        if of_engine(store, query) is not None:
            taken += 1
            assert query_of(query, PREFIXES)
    assert taken > 50


@pytest.mark.parametrize(
    ("update", "written"),
    [
        (
            "PREFIX p: <urn:a:> INSERT DATA { p:x p:x 1 } ; PREFIX p: <urn:b:> INSERT DATA { p:x p:x 1 }",
            "INSERT DATA { <urn:a:x> <urn:a:x> 1 } ; INSERT DATA { <urn:b:x> <urn:b:x> 1 }",
        ),
        (
            "BASE <urn:a/> DELETE WHERE { <x> <x> 1 } ; BASE <http://b/> DELETE WHERE { <x> <x> 1 }",
            "DELETE WHERE { <urn:a/x> <urn:a/x> 1 } ; DELETE WHERE { <http://b/x> <http://b/x> 1 }",
        ),
    ],
)
def test_declarations_hold_until_the_next_one(update, written):
    assert update_of(update, {}) == written


def test_a_backslash_before_u_is_never_a_way_out_of_a_text(store):
    query = 'SELECT ("\\\\u0022 SERVICE <urn:x> {} #" AS ?x) {}'
    written = query_of(query, {})
    assert "\\\\u0022" not in written
    assert found(store, written) == found(store, query)


def test_a_byte_order_mark_is_no_part_of_a_text():
    assert query_of("\ufeffASK { ?s ?p ?o }", {}) == query_of("ASK { ?s ?p ?o }", {})
    assert update_of("\ufeffDELETE WHERE { ?s ?p ?o }", {}) == update_of("DELETE WHERE { ?s ?p ?o }", {})
    with pytest.raises(QueryError, match="no meaning"):
        query_of("ASK \ufeff{ ?s ?p ?o }", {})


@pytest.mark.parametrize("digits", ["9223372036854775808", "1" * 26, "9" * 5_000])
def test_a_number_of_rows_that_is_too_large_is_told_of(digits):
    for word in ("LIMIT", "OFFSET"):
        with pytest.raises(QueryError, match=rf"number after {word} is too large \(line 1"):
            query_of(f"SELECT * {{ ?s ?p ?o }} {word} {digits}", {})
    assert digits in query_of(f"ASK {{ ?s ?p {digits} }}", {})


def test_the_largest_number_of_rows_is_run(store):
    for digits in ("9223372036854775807", "0" * 40 + "7"):
        assert found(store, query_of(f"SELECT * {{ ?s ?p ?o }} LIMIT {digits}", {}))
