"""Numbers in questions as people write them: 1,200, 100k, 1.5 million, one hundred and five, a dozen."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from kbqa.linking.words import Span, Word

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_SMALL = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
}
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
_LARGE = ("thousand", "million", "billion", "trillion")
"""Scales of which there is a half: a million and a half."""
_SIGNS = {
    **{"k": 1_000, "m": 1_000_000, "mn": 1_000_000, "mio": 1_000_000, "bn": 1_000_000_000},
    **{"b": 1_000_000_000, "tn": 1_000_000_000_000},
}
"""What stands behind digits for their scale, whatever its capitals."""
_CURRENCIES = ("$", "€", "£", "¥")
_ALONE = {
    **{"once": 1, "single": 1, "twice": 2, "multiple": 1, "several": 1, "thrice": 3},
    **{word: number for number, word in enumerate(ORDINALS, start=1)},
}
_FIRST_OF = ("name", "names", "and")
"""Words after "first" that make it no number: first name, first and last name."""
_PRONOUN_AFTER = ("which", "what", "this", "that", "the", "no", "any", "every", "each", "another", "some")
_PRONOUN_BEFORE = ("of", "another", "that", "which", "who", "whose")
"""Words beside "one" that make it a pronoun: which one, one of them."""
_FRACTIONS = {
    **dict.fromkeys(("half", "½"), Decimal("0.5")),
    **dict.fromkeys(("quarter", "¼"), Decimal("0.25")),
    **dict.fromkeys(("three quarter", "¾"), Decimal("0.75")),
}
FRACTION = r"(?:a half|a quarter|three quarters)"
_FRACTION = re.compile(
    rf"(?: and (?={FRACTION})| ?(?=[½¼¾]))(?P<part>{FRACTION}|[½¼¾])(?!\w)"
    rf"(?: (?P<scale>{'|'.join(_LARGE)})\b)?",
    re.IGNORECASE,
)
"""The fraction behind a number, and the scale of both."""
_DIGITS = re.compile(
    r"(?<![\w.,])(?P<digits>[-−]?\d[\d,]*(?:\.\d+)?)"
    rf"(?:(?P<sign>{'|'.join(sorted(_SIGNS, key=len, reverse=True))})|[ -]?(?P<scale>{'|'.join(_SCALES)})s?)?"
    r"(?:st|nd|rd|th)?(?![^\W½¼¾])",
    re.IGNORECASE,
)


def numbers_of(question: str, words: Sequence[Word]) -> dict[str, Span]:
    """Numbers of a question in digits with their spans, written in digits or as words.

    >>> from kbqa.linking.words import words_of
    >>> question = "the first 1,200 of −3.5 or 0.2 million"
    >>> numbers_of(question, words_of(question))
    {'1200': (10, 15), '-3.5': (19, 23), '200000': (27, 38), '1': (4, 9)}
    """
    numbers = {_in_digits(match): match.span() for match in _DIGITS.finditer(question) if _is_number(match)}
    spans = list(numbers.values())
    for text, span in _in_words(question, words).items():
        if not any(start <= span[0] < end for start, end in spans):
            numbers.setdefault(text, span)
    return dict(_with_fractions(question, numbers))


def _with_fractions(question: str, numbers: Mapping[str, Span]) -> Iterator[tuple[str, Span]]:
    """Numbers with what is said of their fractions: two and a half, one and a half million."""
    ends = {text: match for text, span in numbers.items() if (match := _FRACTION.match(question, span[1]))}
    covered = [match.span() for match in ends.values()]
    for text, span in numbers.items():
        match = ends.get(text)
        if match is not None:
            said = question[slice(*span)].lower().split()[-1]
            part, scale = fraction_of(match["part"]), _SCALES.get((match["scale"] or "").lower(), 1)
            whole = (Decimal(text) + part * (_SCALES.get(said, 1) if said in _LARGE else 1)) * scale
            yield plain(whole), (span[0], match.end())
        elif not any(start <= span[0] < end for start, end in covered):
            yield text, span


def fraction_of(said: str) -> Decimal:
    """What a fraction is that is said in words, or by a sign.

    >>> [str(fraction_of(said)) for said in ("a half", "three quarters", "¼")]
    ['0.5', '0.75', '0.25']
    """
    return _FRACTIONS[said.lower().removeprefix("a ").removesuffix("s")]


def _is_number(match: re.Match[str]) -> bool:
    """Whether digits with a sign are a number: $4b is one, flat 4B is not."""
    return (match["sign"] or "").lower() != "b" or match.string[: match.start()].endswith(_CURRENCIES)


def _in_digits(match: re.Match[str]) -> str:
    digits = match["digits"].replace(",", "").replace("−", "-").rstrip(".")
    sign, scale = (match["sign"] or "").lower(), (match["scale"] or "").lower()
    factor = _SIGNS.get(sign) or _SCALES.get(scale)
    return digits if factor is None else plain(Decimal(digits) * factor)


def plain(number: Decimal) -> str:
    """A number without an exponent and without zeros that say nothing.

    >>> plain(Decimal("1.50")), plain(Decimal("1E+3"))
    ('1.5', '1000')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_words(question: str, words: Sequence[Word]) -> dict[str, Span]:
    """Numbers in words: of one word, or of several that stand together."""
    numbers, index = dict[str, Span](), 0
    texts = [word.text for word in words]
    while index < len(words):
        end, number = _cardinal(question, words, index)
        if number is None and texts[index] in _ALONE:
            end, number = index + 1, _ALONE[texts[index]]
            if texts[index] == "first" and texts[end : end + 1] and texts[end] in _FIRST_OF:
                number = None
        elif number == 1 and _is_pronoun(texts, index):
            number = None
        if number is not None:
            halved = texts[index] in ("a", "an") and texts[index - 1 : index] == ["half"]
            first = index - 1 if halved else index
            numbers.setdefault(
                str(number // 2 if halved else number), (words[first].start, words[end - 1].end)
            )
        index = max(end, index + 1)
    return numbers


def _is_pronoun(texts: Sequence[str], index: int) -> bool:
    """Whether a "one" counts nothing."""
    before, after = texts[index - 1 : index] if index else [], texts[index + 1 : index + 2]
    return bool({*before} & {*_PRONOUN_AFTER} or {*after} & {*_PRONOUN_BEFORE})


def _cardinal(question: str, words: Sequence[Word], first: int) -> tuple[int, int | None]:
    """The cardinal that begins with a word, and the index of the word after it; None for none.

    `a hundred` begins with its article.
    """
    total = current = 0
    index = end = first
    last = ""
    if _begins_scale(words, first):
        current, index, last = 1, first + 1, "a"
    while index < len(words) and _stands_beside(question, words, first, index):
        word = words[index].text
        if word == "and" and last in _SCALES and index + 1 < len(words):
            follows = words[index + 1].text in _SMALL and last != "dozen"
            if not follows:
                break
        elif word in _SMALL and (not last or _joins(last, word)):
            current += _SMALL[word]
            end = index + 1
        elif word in _SCALES and (last in _SMALL or last == "a" or last in _SCALES):
            total, current = _scaled(total, current, _SCALES[word])
            end = index + 1
        else:
            break
        last, index = word, index + 1
    return (end, total + current) if end > first else (first, None)


def _begins_scale(words: Sequence[Word], index: int) -> bool:
    following = words[index + 1].text if index + 1 < len(words) else ""
    return words[index].text in ("a", "an") and following in _SCALES


def _joins(last: str, word: str) -> bool:
    """Whether a small number goes on with what stands before it: twenty-five, one hundred five."""
    if last in _SCALES or last == "and":
        return True
    return last in _TENS and 0 < _SMALL[word] < 10


def _scaled(total: int, current: int, scale: int) -> tuple[int, int]:
    """The sum so far, and its last part, with a scale behind it."""
    if scale <= _SCALES["hundred"]:
        return total, max(1, current) * scale
    return total + max(1, current) * scale, 0


def _stands_beside(question: str, words: Sequence[Word], first: int, index: int) -> bool:
    """Whether nothing but a blank or a hyphen parts a word from the one before it."""
    if index == first:
        return True
    return question[words[index - 1].end : words[index].start] in (" ", "-", "\u2010", "\u2011")


def scaled_phrases(question: str) -> Mapping[Span, tuple[str, str]]:
    """Numbers with a scale in words, by their spans, as they are said: the number, and its scale.

    >>> scaled_phrases("more than 1.5 billion")
    {(10, 21): ('1.5', 'billion')}
    """
    return {
        match.span(): (match["digits"].replace(",", ""), match["scale"].lower())
        for match in _DIGITS.finditer(question)
        if match["scale"]
    }
