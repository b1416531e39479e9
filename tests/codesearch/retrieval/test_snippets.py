import pytest

from codesearch.retrieval import search
from codesearch.retrieval.snippets import Snippet, Wanted, snippet, snippets_of
from tests.conftest import write_files


@pytest.fixture
def _long_function(index, tmp_path):
    lines = [f"    step_{number}()" for number in range(40)]
    lines[14:16] = ["    parcel = weigh(parcel)", "    parcel = wrap(parcel)"]
    lines[30] = "    send(parcel, by=AIRMAIL)"
    index(write_files(tmp_path / "post", {"post.py": "\n".join(["def deliver(parcel):", *lines, ""])}))


def found(raw: str) -> Snippet:
    result = search(raw)
    (hit,) = [hit for hit in result.hits if hit.candidate.name == "deliver"]
    return snippets_of([hit.candidate], result.words, result.query.quoted)[hit.candidate.id]


def numbers(raw: str) -> list[int]:
    return [line.number for line in found(raw).lines]


@pytest.mark.usefixtures("_long_function")
def test_a_snippet_begins_with_the_unit_and_goes_on_where_most_words_are():
    assert numbers("weigh and wrap a parcel") == [*range(1, 9), *range(14, 18)]
    assert [line.number for line in found("weigh and wrap a parcel").lines if line.after_gap] == [14]
    assert found("weigh and wrap a parcel").unit_lines == 41


@pytest.mark.usefixtures("_long_function")
def test_text_in_quotes_is_shown_rather_than_words():
    assert 32 in numbers('weigh and wrap a parcel "BY=air"')
    assert 32 not in numbers('weigh and wrap a parcel -"no such text"')


@pytest.mark.usefixtures("_long_function")
def test_without_a_match_the_first_lines_are_shown():
    assert numbers("name:deliver") == list(range(1, 9))


def shown(lines, wanted, start=1, end=None):
    return [line.number for line in snippet(lines, start, len(lines) if end is None else end, wanted).lines]


LINES = [f"line {number}" for number in range(1, 31)]


def test_a_short_unit_is_shown_whole():
    assert shown(LINES[:6], Wanted(frozenset({"line"}))) == [1, 2, 3, 4, 5, 6]
    assert shown(LINES, Wanted(frozenset()), 3, 10) == list(range(3, 11))
    assert shown(LINES, Wanted(frozenset()), 3, 11) == list(range(3, 11))


def test_the_first_of_the_densest_stretches_is_shown():
    lines = [*LINES[:12], "send a mail", *LINES[13:20], "send", "mail", *LINES[22:]]
    assert shown(lines, Wanted(frozenset({"send", "mail"}))) == [*range(1, 9), *range(10, 14)]


def test_a_text_in_quotes_weighs_more_than_all_words():
    lines = [*LINES[:12], "send a mail", *LINES[13:20], "SMTP(host)", *LINES[21:]]
    assert 21 in shown(lines, Wanted(frozenset({"send", "mail"}), ("smtp(",)))
    assert 21 not in shown(lines, Wanted(frozenset({"send", "mail"}), ("imap(",)))


def test_at_the_units_end_fewer_lines_are_shown():
    assert shown([*LINES[:29], "send"], Wanted(frozenset({"send"}))) == [*range(1, 9), 27, 28, 29, 30]
    assert shown([*LINES[:9], "send", *LINES[10:]], Wanted(frozenset({"send"})), 1, 10) == list(range(1, 11))


def test_a_gap_is_marked_where_lines_are_left_out():
    lines = snippet([*LINES[:20], "send", *LINES[21:]], 1, 30, Wanted(frozenset({"send"}))).lines
    assert [line.number for line in lines if line.after_gap] == [18]
    assert "…\nline 18" in Snippet(lines, 30).text
    adjacent = snippet([*LINES[:8], "send", *LINES[9:]], 1, 30, Wanted(frozenset({"send"}))).lines
    assert not any(line.after_gap for line in adjacent)


def test_long_lines_are_cut_and_their_rest_matches_no_words():
    lines = [*LINES[:20], "x " * 300 + "send", *LINES[21:]]
    assert shown(lines, Wanted(frozenset({"send"}))) == list(range(1, 9))
    assert max(len(line.text) for line in snippet(["y" * 999], 1, 1, Wanted(frozenset())).lines) == 400


def test_a_file_that_has_become_shorter_breaks_nothing():
    assert snippet([], 1, 9, Wanted(frozenset({"x"}))).lines == ()
    assert snippet(LINES, 25, 99, Wanted(frozenset())).unit_lines == 6
