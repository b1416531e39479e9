import pytest

from codesearch.retrieval import search
from codesearch.retrieval.snippets import Snippet, snippets_of
from tests.conftest import write_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _long_function(index, tmp_path):
    lines = [f"    step_{number}()" for number in range(40)]
    lines[14:16] = ["    parcel = weigh(parcel)", "    parcel = wrap(parcel)"]
    lines[30] = "    send(parcel, by=AIRMAIL)"
    index(write_files(tmp_path / "post", {"post.py": "\n".join(["def deliver(parcel):", *lines, ""])}))


def snippet(raw: str) -> Snippet:
    result = search(raw)
    (hit,) = [hit for hit in result.hits if hit.candidate.name == "deliver"]
    return snippets_of([hit.candidate], result.words, result.query.quoted)[hit.candidate.id]


def numbers(raw: str) -> list[int]:
    return [line.number for line in snippet(raw).lines]


def test_a_snippet_begins_with_the_unit_and_goes_on_where_most_words_are():
    assert numbers("weigh and wrap a parcel") == [*range(1, 9), *range(14, 18)]
    assert [line.number for line in snippet("weigh and wrap a parcel").lines if line.after_gap] == [14]
    assert snippet("weigh and wrap a parcel").unit_lines == 41


def test_text_in_quotes_is_shown_rather_than_words():
    assert 32 in numbers('weigh and wrap a parcel "BY=air"')
    assert 32 not in numbers('weigh and wrap a parcel -"no such text"')


def test_without_a_match_the_first_lines_are_shown():
    assert numbers("name:deliver") == list(range(1, 9))
