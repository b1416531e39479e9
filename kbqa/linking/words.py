"""How questions and names are cut into words, and which words are alike."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a word of an identifier begins inside it."""
_POSSESSIVE = re.compile(r"['’]s?$|['’]s(?=\s)")
_QUOTED = re.compile(r"""(?<!\w)["'“‘]([^"'“”‘’]{1,60})["'”’](?!\w)""")
_DIGITS = re.compile(r"(?<![\w.,])[-−]?\d[\d,]*(?:\.\d+)?(?![\w])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENDINGS = ("uary", "ruary", "ch", "il", "", "e", "y", "ust", "t?(?:ember)?", "ober", "ember", "ember")
_MONTH = rf"(?P<month>{'|'.join(f'{month}(?:{ending})?' for month, ending in zip(_MONTHS, _ENDINGS, strict=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})\b"
_WORDED_DATES = [
    re.compile(rf"\b{parts}", re.IGNORECASE)
    for parts in (
        rf"{_MONTH} {_DAY},? {_YEAR}",
        rf"{_DAY}(?: of)? {_MONTH},? {_YEAR}",
        rf"{_MONTH},? {_YEAR}",
    )
]
_WRITTEN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}/\d{1,2}/\d{2,4}")
COMMON = frozenset(
    [
        "a", "an", "and", "are", "as", "at", "be", "by", "did", "do", "does", "for", "from", "had", "has",
        "have", "how", "in", "is", "it", "its", "many", "me", "much", "of", "on", "or", "that", "the",
        "their", "them", "there", "these", "they", "this", "to", "was", "were", "what", "when", "where",
        "which", "who", "whom", "whose", "why", "will", "with", "list", "name", "find", "show", "give",
        "tell", "all", "each", "every", "also",
    ]
)  # fmt: skip
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve",
        ]
    )
}  # fmt: skip
_NUMBER_WORDS |= {"once": 1, "single": 1, "twice": 2, "multiple": 1, "several": 1, "thrice": 3}
_NUMBER_WORDS |= {
    word: number
    for number, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"],
        start=1,
    )
}
_FIRST_OF = ("name", "names", "and")
"""What "first" stands before where it is part of a name's name."""
_stemmer = Stemmer.Stemmer("english")

Span = tuple[int, int]


@dataclass(frozen=True)
class Word:
    """A word of a question: folded, and where it stands."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Return a text without capitals, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        fold_word(word)
        for word in WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    )


def fold_word(word: str) -> str:
    """Return a folded word without a possessive ending and apostrophes."""
    return _POSSESSIVE.sub("", word).replace("'", "").replace("’", "")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a folded word."""
    return str(_stemmer.stemWord(word))


def key_of(folded: str) -> str:
    """Return what is equal for names of the same words, whatever their order and endings."""
    return " ".join(sorted(map(stem, folded.split())))


def deletions(word: str) -> list[str]:
    """Return a word, and what is left of it when one letter goes; words that share one are at most two
    mistakes apart.
    """
    if len(word) < 4:
        return [word]
    return list(dict.fromkeys([word, *(word[:index] + word[index + 1 :] for index in range(len(word)))]))


def words_of(question: str) -> list[Word]:
    """Return a question's words."""
    found = (
        Word(fold(match.group()).replace(" ", ""), match.start(), _end(match))
        for match in WORD.finditer(question)
    )
    return [word for word in found if word.text]


def parts_of(written: str) -> list[str]:
    """Return the folded words of what is written as an identifier is, as a question may name a column; none
    of a plain word.

    >>> parts_of("AvgScrRead"), parts_of("reading")
    (['avg', 'scr', 'read'], [])
    """
    parts = CAMEL.sub(" ", written).split()
    return fold(" ".join(parts)).split() if len(parts) > 1 else []


def _end(match: re.Match[str]) -> int:
    """Return where a word ends, its possessive left out."""
    return (
        match.start()
        + len(match.group())
        - (len(match.group()) - len(fold_word(match.group())) if match.group()[-2:] in ("'s", "’s") else 0)
    )


def numbers_of(question: str, words: Sequence[Word]) -> dict[str, Span]:
    """Return the numbers of a question with their spans, written in digits or as words, as digits."""
    found = {}
    for match in _DIGITS.finditer(question):
        found[match.group().replace(",", "").replace("−", "-").rstrip(".")] = match.span()
    for word, after in zip(words, [*(each.text for each in words[1:]), ""], strict=False):
        if word.text in _NUMBER_WORDS and not (word.text == "first" and after in _FIRST_OF):
            found.setdefault(str(_NUMBER_WORDS[word.text]), (word.start, word.end))
    return found


def dates_of(question: str) -> dict[str, Span]:
    """Return the dates of a question with their spans: as they are written in digits, those in words as ISO
    8601, to the day or the month.

    >>> dates_of("after 7th September, 1987 or in May 2008")
    {'1987-09-07': (6, 25), '2008-05': (32, 40)}
    """
    found = {match.group(): match.span() for match in _WRITTEN_DATE.finditer(question)}
    for pattern in _WORDED_DATES:
        for match in pattern.finditer(question):
            if not any(start < match.end() and match.start() < end for start, end in found.values()):
                found[_iso(match.groupdict())] = match.span()
    return found


def _iso(parts: Mapping[str, str]) -> str:
    month = _MONTHS.index(parts["month"][:3].lower()) + 1
    return f"{parts['year']}-{month:02}" + (f"-{int(parts['day']):02}" if "day" in parts else "")


def quoted_of(question: str) -> list[tuple[str, Span]]:
    """Return what stands in quotation marks."""
    return [(match.group(1), match.span(1)) for match in _QUOTED.finditer(question)]
