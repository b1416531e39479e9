"""Tokenisation: how questions and names are cut into words, and which words are alike."""

import re
import unicodedata
from dataclasses import dataclass

from searchapp.stemming import english_stem

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""The beginning of a word inside an identifier."""
_POSSESSIVE = re.compile(r"['’]s?$|['’]s(?=\s)")
_QUOTED = re.compile(r"""(?<!\w)["'“‘]([^"'“”‘’]{1,60})["'”’](?!\w)""")
COMMON = frozenset(
    [
        "a", "an", "and", "are", "as", "at", "be", "by", "did", "do", "does", "for", "from", "had", "has",
        "have", "how", "in", "is", "it", "its", "many", "me", "much", "of", "on", "or", "that", "the",
        "their", "them", "there", "these", "they", "this", "to", "was", "were", "what", "when", "where",
        "which", "who", "whom", "whose", "why", "will", "with", "list", "name", "find", "show", "give",
        "tell", "all", "each", "every", "also",
    ]
)  # fmt: skip
"""Stop words of questions."""
_MIN_MISTYPED_LENGTH = 4

Span = tuple[int, int]
"""The characters of a question from the first until before the second."""


@dataclass(frozen=True)
class Word:
    """A word of a question, folded, and the characters that it stands at."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """A text in small letters without accents and punctuation.

    >>> fold("Jón's Café-Bar")
    'jon cafe bar'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(fold_word(word) for word in WORD.findall(letters))


def fold_word(word: str) -> str:
    """A folded word without its possessive ending and apostrophes.

    >>> fold_word("porto's"), fold_word("o'hara")
    ('porto', 'ohara')
    """
    return _POSSESSIVE.sub("", word).replace("'", "").replace("’", "")


def stem(word: str) -> str:
    """The stem of a folded word (Porter 2)."""
    return english_stem(word)


def key_of(folded: str) -> str:
    """A folded text's stems in alphabetical order.

    Names of the same words have the same key, whatever their order and endings.

    >>> key_of("roads of spain") == key_of("spain of road")
    True
    """
    return " ".join(sorted(map(stem, folded.split())))


def deletions(word: str) -> list[str]:
    """A word, and what is left of it when one letter goes (Garbe, SymSpell).

    Words that share one of these are at most two mistakes apart. A word of less than four letters stands for
    itself only.

    >>> deletions("road")
    ['road', 'oad', 'rad', 'rod', 'roa']
    """
    if len(word) < _MIN_MISTYPED_LENGTH:
        return [word]
    return list(dict.fromkeys([word, *(word[:index] + word[index + 1 :] for index in range(len(word)))]))


def words_of(question: str) -> list[Word]:
    """The words of a question, in order."""
    words = (
        Word(fold(match.group()).replace(" ", ""), match.start(), _end(match))
        for match in WORD.finditer(question)
    )
    return [word for word in words if word.text]


def parts_of(written: str) -> list[str]:
    """Folded words of an identifier, as a question may name a column; none for a plain word.

    >>> parts_of("AvgScrRead"), parts_of("reading")
    (['avg', 'scr', 'read'], [])
    """
    parts = CAMEL.sub(" ", written).split()
    return fold(" ".join(parts)).split() if len(parts) > 1 else []


def _end(match: re.Match[str]) -> int:
    """The end of a word without its possessive `'s`."""
    word = match.group()
    return match.start() + (len(fold_word(word)) if word[-2:] in ("'s", "’s") else len(word))


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def quoted_of(question: str) -> list[tuple[str, Span]]:
    """Quotations with their spans.

    >>> quoted_of('films called “Amber Night”')
    [('Amber Night', (14, 25))]
    """
    return [(match.group(1), match.span(1)) for match in _QUOTED.finditer(question)]
