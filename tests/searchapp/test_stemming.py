"""Stems, asked by one thread and by many."""

import doctest

from searchapp import stemming
from searchapp.stemming import english_stem
from tests.threads import in_threads

WORDS = [f"{begin}{end}" for begin in ("direct", "star", "run", "nation") for end in ("s", "ing", "ed", "al")]


def test_examples_hold():
    results = doctest.testmod(stemming)
    assert (results.attempted, results.failed) == (2, 0) or results.failed == 0 < results.attempted


def test_threads_have_stemmers_of_their_own():
    alone = [english_stem(word) for word in WORDS]
    english_stem.cache_clear()
    assert in_threads(8, lambda _: [english_stem(word) for word in WORDS * 20]) == [alone * 20] * 8
    assert len(set(in_threads(4, lambda _: id(stemming._stemmers.stem.__self__)))) > 1
