"""Code as HTML: escaped, coloured, and marked where the query asks for it."""

import re
import subprocess
import sys

import pytest

from frontend.highlighting import _merged, highlight_lines


def plain(lines):
    """Lines without colours, marks that touch as one."""
    return [re.sub(r"</?span[^>]*>", "", line).replace("</mark><mark>", "") for line in lines]


@pytest.mark.parametrize("lines", [[], [""], ["", ""], ["x", ""], ["", "x"], ["'''", "", "'''"]])
def test_there_are_as_many_lines_as_before(lines):
    assert plain(highlight_lines(lines, "python")) == lines


@pytest.mark.parametrize("language", ["python", "csharp", "terraform", "klingon", ""])
def test_code_of_every_language_is_escaped(language):
    (line,) = highlight_lines(["<b> & \"x\" 'y'"], language)
    assert plain([line]) == ["&lt;b&gt; &amp; \"x\" 'y'"]


def test_words_of_the_language_have_its_colours():
    (line,) = highlight_lines(["def f"], "python")
    assert line == '<span class="k">def</span> <span class="nf">f</span>'


@pytest.mark.parametrize(
    ("line", "word", "marked"),
    [
        ("getUserName()", "user", "<mark>getUserName</mark>()"),
        ("runs = 1", "run", "<mark>runs</mark> = 1"),
        ("user_name user", "user", "<mark>user_name</mark> <mark>user</mark>"),
        ("username", "user", "username"),
        ("größe = 1", "größe", "<mark>größe</mark> = 1"),
        ("x = 1", "y", "x = 1"),
    ],
)
def test_identifiers_are_marked_by_the_stems_of_their_parts(line, word, marked):
    assert plain(highlight_lines([line], "text", frozenset({word}))) == [marked]


@pytest.mark.parametrize(
    ("line", "texts", "marked"),
    [
        ("a + b", ["A + B"], "<mark>a + b</mark>"),
        ("aaa", ["a"], "<mark>aaa</mark>"),
        ("a.b axb", ["a.b"], "<mark>a.b</mark> axb"),
        ("abcd", ["abc", "bcd"], "<mark>abcd</mark>"),
        ("ab cd", ["ab", "cd"], "<mark>ab</mark> <mark>cd</mark>"),
        ("x < y", ["< y"], "x <mark>&lt; y</mark>"),
        ("none", ["else"], "none"),
    ],
)
def test_texts_in_quotes_are_marked_whatever_their_capitals(line, texts, marked):
    assert plain(highlight_lines([line], "text", frozenset(), texts)) == [marked]


def test_a_text_is_marked_over_several_colours_where_it_stands():
    (line,) = highlight_lines(["x = None if x"], "python", frozenset(), ["none IF"])
    assert line.count("<mark>") > 1
    assert plain([line]) == ["x = <mark>None if</mark> x"]


def test_a_text_is_marked_in_its_own_line_alone():
    assert plain(highlight_lines(["b", "a b", "b"], "text", frozenset(), ["a b"])) == [
        "b",
        "<mark>a b</mark>",
        "b",
    ]


def test_the_longest_texts_are_marked_without_colours():
    lines = highlight_lines(["def f", "x" * 250_000], "python", frozenset({"f"}))
    assert lines[0] == "def <mark>f</mark>"


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], []),
        ([(3, 4), (0, 1)], [(0, 1), (3, 4)]),
        ([(0, 3), (2, 5)], [(0, 5)]),
        ([(0, 5), (1, 2)], [(0, 5)]),
        ([(0, 1), (1, 2)], [(0, 1), (1, 2)]),
        ([(0, 2), (0, 2)], [(0, 2)]),
    ],
)
def test_spans_that_overlap_are_one(spans, merged):
    assert _merged(spans) == merged


ALL_AT_ONCE = """
import sys, threading
import frontend.highlighting as highlighting
from pygments.lexer import RegexLexer

sys.setswitchinterval(1e-6)
language, tries = sys.argv[1], 25
lines = ["class A<T> { int x = 1; char s = 'a'; /* c */ } // d", "@B(c) #if d", "using System;"]


def kinds(kind):
    for each in kind.__subclasses__():
        yield each
        yield from kinds(each)


right, wrong = highlighting.highlight_lines(lines, language), 0
for _ in range(tries):
    for kind in set(kinds(RegexLexer)):
        if "_tokens" in vars(kind):
            del kind._tokens
    together, found = threading.Barrier(6), []

    def ask():
        together.wait()
        found.append(highlighting.highlight_lines(lines, language))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong += found != [right] * 6
sys.exit(wrong)
"""


def test_the_first_pages_at_once_have_all_colours():
    """Rules of a language are read when its first code is coloured; here they are forgotten again."""
    done = subprocess.run(
        [sys.executable, "-c", ALL_AT_ONCE, "csharp"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.returncode} of 25 {done.stderr}"
