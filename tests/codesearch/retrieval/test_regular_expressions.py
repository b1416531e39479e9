"""Regular expressions: what must stand where one matches, and what RE2 refuses."""

import random

import pytest

from codesearch.indexing.trigrams import signature, trigram_bits
from codesearch.retrieval.regular_expressions import (
    AllOf,
    AnyOf,
    Needed,
    RegularExpressionError,
    compile_expression,
    escaped,
    needed_texts,
)


def could_match(needed: Needed, text: str) -> bool:
    if isinstance(needed, str):
        bits = signature(text)
        places = [bit % (8 * len(bits)) for bit in trigram_bits(needed)]
        return all(bits[place // 8] >> place % 8 & 1 for place in places)
    combine = all if isinstance(needed, AllOf) else any
    return combine(could_match(part, text) for part in needed.parts)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"parse_\w+", AllOf(("parse_",))),
        ("(get|set)Name", AllOf((AnyOf(("getName", "setName")),))),
        ("foo.*bar", AllOf(("foo", "bar"))),
        ("colou?r", AllOf(("colo", "r"))),
        ("a{2,3}bc", AllOf(("a", "bc"))),
        ("[fb]oo", AllOf((AnyOf(("foo", "boo")),))),
        (r"\.append\(", AllOf((".append(",))),
        ("a*[^b]", AllOf()),
        (r"\x41BC", AllOf()),
        ("[[:alpha:]]bc", AllOf()),
        (r"\pLbc", AllOf()),
    ],
)
def test_what_must_stand_is_read_from_the_expression(pattern, needed):
    compile_expression(pattern, cased=False)
    assert needed_texts(pattern) == needed


PARTS = [
    "foo",
    "b[ao]r",
    "(x|yz)",
    "q*",
    "w+",
    "e?",
    "t{0,2}",
    r"\d",
    r"\.",
    ".",
    "(?:ab|)",
    "[^k]",
    "(?i)Mn",
    "^",
    "é",
]


def test_no_text_that_matches_is_passed_over():
    """Random expressions, each on random texts that it matches."""
    chance = random.Random(1)
    matched = 0
    for _ in range(3_000):
        pattern = "".join(chance.choices(PARTS, k=chance.randint(1, 5)))
        letters = "foobarxyzqwet1.abMnmé k\n"
        text = "".join(chance.choices(letters, k=30)) + "foobarxyz1.abmn"
        try:
            expression = compile_expression(pattern, cased=False)
        except RegularExpressionError:
            continue
        if expression.search(text.encode()) is not None:
            matched += 1
            assert could_match(needed_texts(pattern), text), (pattern, text)
    assert matched > 300


def test_most_texts_that_do_not_match_are_passed_over():
    chance = random.Random(1)
    texts = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz_ (", k=2_000)) for _ in range(100)]
    passed = [could_match(needed_texts(rf"{text[:9]}\w*"), other) for text in texts[:20] for other in texts]
    assert 20 <= sum(passed) < 40


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "a(?=b)", "*a", "(((a{1000}){1000}){1000})", "a" * 2000])
def test_what_cannot_be_run_in_linear_time_or_read_is_refused(pattern):
    with pytest.raises(RegularExpressionError):
        compile_expression(pattern, cased=True)


def test_an_expression_stays_within_lines():
    assert compile_expression("a[^b]*c", cased=True).search(b"a\nc") is None
    assert compile_expression("^b$", cased=True).search(b"a\nb\nc") is not None


def test_escaped_text_is_found_as_it_stands():
    for text in ("a.b", "x[1]*", "\\d", "é?", "(("):
        assert compile_expression(escaped(text), cased=True).search(f"y {text} z".encode()) is not None
        assert needed_texts(escaped(text)) == AllOf((text,))


def test_signatures_grow_with_the_text():
    assert len(signature("")) == len(signature("x = 1")) == 64
    assert len(signature("".join(map(str, range(9_999))))) > 64
    assert (
        max(
            len(signature(chr(start) * 2 + "".join(map(chr, range(start, start + 9_000))))) for start in (99,)
        )
        <= 4096
    )
