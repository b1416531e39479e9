"""Which words of a question are looked up by their meaning."""

from kbqa.linking.mentions import find_mentions
from kbqa.linking.words import words_of
from kbqa.sparql.answer.entity_linking import unknown_runs
from tests.kbqa.linking.name_index import NamesInMemory, entity

NAMES = NamesInMemory.of(entity("Amber Night"), entity("Falcon"))


def runs(question: str, vocabulary: tuple[str, ...] = ("film", "direct")) -> list[str]:
    words = words_of(question)
    known = NAMES.counted([word.text for word in words])
    found = unknown_runs(words, find_mentions(question, words, NAMES), vocabulary, known)
    return [question[run[0].start : run[-1].end] for run in found]


def test_what_nothing_is_called_by_is_looked_up():
    assert runs("films about motor cars") == ["films about motor cars"]
    assert runs("who is Zorro") == ["Zorro"]


def test_known_words_alone_are_not():
    assert runs("who directed the films") == []
    assert runs("who directed Amber Night") == []
    assert runs("is the falcon there") == []


def test_numbers_are_not():
    assert runs("films of 1994") == []


def test_an_exact_mention_parts_words():
    assert runs("gloomy Falcon sequels") == ["gloomy", "sequels"]


def test_long_runs_are_left_out_and_few_are_taken():
    assert runs("zig zag zog zug zeg zyg") == []
    assert runs("zig of zag of zog of zug") == ["zig", "zag", "zog"]
