"""Small phrases in which queries and answers are told, whatever was asked."""

from collections.abc import Sequence

from kbqa.linking.numbers import ORDINALS

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_TEENS = (11, 12, 13)
_VOWELS = "aeiou"


def begun(text: str) -> str:
    """A text as a sentence begins."""
    return f"{text[:1].upper()}{text[1:]}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts as a list.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed([])
    ('a, b and c', 'a or b', '')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def with_article(noun: str) -> str:
    """A noun with its article: `an order`."""
    return f"{'an' if noun[:1].lower() in _VOWELS else 'a'} {noun}"


def ordinal(number: int) -> str:
    """A place in an order.

    >>> [ordinal(number) for number in (2, 11, 22)]
    ['second', '11th', '22nd']
    """
    if number <= len(ORDINALS):
        return ORDINALS[number - 1]
    return f"{number}{'th' if number % 100 in _TEENS else _ENDINGS.get(number % 10, 'th')}"


def quoted(words: Sequence[str]) -> str:
    """Words as a list of quotations: `“a”, “b” or “c”`."""
    return listed([f"“{word}”" for word in words], "or")


def lack_of(missing: Sequence[str]) -> str:
    """The words that nothing is called by as a phrase; empty where none are known.

    >>> lack_of(["sails", "masts"])
    'nothing called “sails” or “masts”'
    """
    return f"nothing called {quoted(missing)}" if missing else ""
