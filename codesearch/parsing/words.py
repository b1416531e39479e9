"""Text and identifiers → words: split at case, underscores and digits, lower case, stemmed.

The same function serves units and queries, so `getUserById`, `get_user_by_id` and "get user by id" meet.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from searchapp.stemming import english_stem

_IDENTIFIER = re.compile(r"[^\W_](?:[\w$]*[^\W_])?")
# Letters beyond A to Z count as small ones: a word of another alphabet stays whole.
_PART = re.compile(r"[A-Z]+(?=[A-Z][^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_MAX_LENGTH = 60

# Words that carry a question but not its subject.
STOP_WORDS = frozenset(
    """a an and are as at be by can could do does for from has have how i if in into is it its me my of on or
    should so that the their them then there these this those to using via was we what when where which while
    who why will with would you your""".split()  # noqa: SIM905
)


def identifier_parts(identifier: str) -> list[str]:
    """Words of an identifier in lower case: `HTTPServer2` → http, server, 2."""
    return [part.lower() for part in _PART.findall(identifier)]


@lru_cache(maxsize=200_000)
def words_of_identifier(identifier: str) -> tuple[str, ...]:
    """Stemmed parts of an identifier and, if it has several, the whole of it as one word."""
    parts = identifier_parts(identifier)
    stems = tuple(english_stem(part)[:_MAX_LENGTH] for part in parts)
    return (*stems, "".join(parts)[:_MAX_LENGTH]) if len(parts) > 1 else stems


def words(text: str) -> Iterator[str]:
    """The words of a text in order, identifiers split."""
    for identifier in _IDENTIFIER.findall(text):
        yield from words_of_identifier(identifier)


def query_words(text: str) -> list[str]:
    """Distinct words of a query in order, without stop words (unless there is nothing else)."""
    subject = dict.fromkeys(
        word
        for identifier in _IDENTIFIER.findall(text)
        if identifier.lower() not in STOP_WORDS
        for word in words_of_identifier(identifier)
    )
    return list(subject) or list(dict.fromkeys(words(text)))
