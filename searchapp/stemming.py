"""Stems of English words (Porter 2), for code and questions alike."""

import threading
from functools import lru_cache

import Stemmer


class _Stemmers(threading.local):
    """A stemmer for each thread: it writes to a buffer of its own while it works."""

    def __init__(self) -> None:
        self.stem = Stemmer.Stemmer("english", 0).stemWord


_stemmers = _Stemmers()


@lru_cache(maxsize=200_000)
def english_stem(word: str) -> str:
    """The stem of a word in small letters.

    >>> english_stem("directed"), english_stem("director")
    ('direct', 'director')
    """
    return str(_stemmers.stem(word))
