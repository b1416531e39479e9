"""Follow-up questions, whatever is asked: the words that change something, and those that change nothing."""

import re

from kbqa.linking.numbers import numbers_of
from kbqa.linking.words import words_of

MIN_SIMILARITY = 0.9
"""How similar what stands in the data is at least to the words that mention it."""
FILLERS = frozenset(
    (
        "and", "what", "how", "about", "now", "only", "but", "just", "the", "same", "for", "then", "also",
        "instead", "in", "from", "of", "on", "at", "please", "those", "these", "them", "ones", "one", "with",
        "which", "who", "that", "are", "is", "were", "was", "whose", "show", "me", "a", "an", "to", "by",
        "it", "its", "their", "so", "again", "this", "list", "give", "as", "well", "too", "be", "or", "there",
        "i", "mean", "where", "when", "ok", "add", "include", "first",
    )
)  # fmt: skip
"""Words that change nothing by themselves."""
BEGINS = re.compile(r"^(?:and|but|only|just|now|what about|how about|same for|sorted|per)\b", re.IGNORECASE)
NOT = re.compile(r"\b(?:not|without|except|excluding|but not)(?: (?:in|from|for|of|the))*\s*$", re.IGNORECASE)
MORE = re.compile(r"\b(?:also|too|as well)\b", re.IGNORECASE)
COUNT = re.compile(r"\b(?:how many|count)\b", re.IGNORECASE)
LIMIT = re.compile(
    r"\b(?P<end>first|top|last|bottom|latest|newest|oldest|earliest)(?: (?P<number>\w+))?(?= |\W|$)",
    re.IGNORECASE,
)
SORT = re.compile(r"\b(?:sort(?:ed)?|order(?:ed)?)(?: (?:them|it))? by\b", re.IGNORECASE)
DOWN = re.compile(
    r"\b(?:descending|decreasing|(?:highest|largest|most|latest|newest|biggest)(?: first)?)\b", re.IGNORECASE
)
UP = re.compile(
    r"\b(?:ascending|increasing|alphabetically|(?:lowest|smallest|fewest|earliest|oldest)(?: first)?)\b",
    re.IGNORECASE,
)
AT_LEAST = r"at least|since|no less than"
AT_MOST = r"at most|until|up to|no more than"
GREATER = r"(?:more|greater|older|higher|larger|bigger|longer|later) than|over|above|after"
LESS = r"(?:less|fewer|younger|lower|smaller|cheaper|shorter|earlier) than|under|below|before"
"""What stands before a number that something is compared with."""
ON_ITS_OWN = "This was asked on its own: it could not be read as a change of the question before."


def begins_as_follow_up(question: str) -> bool:
    """Whether a question begins as only one does that goes on from another."""
    return bool(BEGINS.match(question.strip()))


def whole_number(word: str) -> int | None:
    """A whole number in digits or as a word."""
    number = next(iter(numbers_of(word, words_of(word))), "")
    return int(number) if number.isdecimal() else None
