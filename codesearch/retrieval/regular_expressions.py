"""Regular expressions: run by RE2, in time that grows with the text alone.

What must stand where one matches narrows a search to the texts whose signatures have it (Cox 2012, "Regular
expression matching with a trigram index").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import re2

MOST_CHARACTERS = 1_000
# So many texts that an expression may stand for are told apart: of `(a|b|c)d`, three.
_MOST_TEXTS = 16
_LONGEST_TEXT = 200
_LINES = "(?m)"
_RARELY_WRITTEN = re.compile(r"\[:\^?\w+:\]|\\[pPxQC0-9]")
_REPEATED = re.compile(r"([*+?]|\{(\d+)(?:,\d*)?\})\??")
_GROUP_START = re.compile(r"\?(P?<\w+>|[a-zA-Z-]*[:)])")
_SET = re.compile(r"(\^?)(\]?(?:\\.|[^\]\\])*)\]", re.DOTALL)


class RegularExpressionError(ValueError):
    """An expression that RE2 does not take; the message says why."""


def compile_expression(pattern: str, *, cased: bool) -> "re2._Regexp":
    """The expression, to be used on UTF-8: within lines, `^` and `$` at their ends.

    Raises RegularExpressionError.
    """
    if len(pattern) > MOST_CHARACTERS:
        raise RegularExpressionError(f"it has more than {MOST_CHARACTERS:,} characters")
    options = re2.Options()
    options.case_sensitive = cased
    options.never_nl = True
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(_LINES + pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else b"it cannot be read"
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise RegularExpressionError(words.replace(_LINES, "")) from error


def escaped(text: str) -> str:
    """The expression that matches a text as it stands."""
    return str(re2.escape(text))


@dataclass(frozen=True)
class AllOf:
    """Everything that must hold; of nothing, it always does."""

    parts: tuple["Needed", ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """Alternatives of which one must hold."""

    parts: tuple["Needed", ...]


Needed = str | AllOf | AnyOf
"""A text that must stand somewhere, or several."""


def needed_texts(pattern: str) -> Needed:
    """What must stand, capitals apart, wherever an expression that RE2 takes matches.

    >>> needed_texts("parse_\\\\w+")
    AllOf(parts=('parse_',))
    >>> needed_texts("(get|set)Name")
    AllOf(parts=(AnyOf(parts=('getName', 'setName')),))
    >>> needed_texts("a*[^b]")
    AllOf(parts=())
    """
    # What is written in rare ways is not taken apart: all texts are read for it.
    if _RARELY_WRITTEN.search(pattern):
        return AllOf()
    try:
        part = _Reader(pattern).alternatives()
    except RecursionError:
        return AllOf()
    return part.needed if part.texts is None else AllOf((_any_of(part.texts),))


@dataclass(frozen=True)
class _Part:
    """A part of an expression: the texts that it stands for if they are few, and what stands in any."""

    texts: tuple[str, ...] | None
    needed: AllOf = AllOf()


_ANYTHING = _Part(None)
_NOTHING = _Part(("",))


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at = pattern, 0

    def alternatives(self) -> _Part:
        """The alternatives up to the end or to the bracket that closes them."""
        parts = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            parts.append(self._sequence())
        if len(parts) == 1:
            return parts[0]
        if all(part.texts is not None for part in parts):
            texts = tuple(dict.fromkeys(text for part in parts for text in part.texts or ()))
            if len(texts) <= _MOST_TEXTS:
                return _Part(texts)
        needed = [part.needed if part.texts is None else AllOf((_any_of(part.texts),)) for part in parts]
        return _Part(None, AllOf((AnyOf(tuple(needed)),)))

    def _sequence(self) -> _Part:
        """Parts that follow each other; those that stand for few texts are put together."""
        run: tuple[str, ...] = ("",)
        needed: list[Needed] = []
        whole = True
        while self._next() not in ("", "|", ")"):
            part = self._repeated(self._atom())
            joined = _joined(run, part.texts) if part.texts is not None else None
            if joined is not None:
                run = joined
                continue
            whole = False
            needed += [_any_of(run), *part.needed.parts]
            run = part.texts if part.texts is not None else ("",)
        return _Part(run) if whole else _Part(None, AllOf(_worth_looking([*needed, _any_of(run)])))

    def _repeated(self, part: _Part) -> _Part:
        """A part with what follows it to repeat it or to leave it out."""
        while match := _REPEATED.match(self._pattern, self._at):
            self._at = match.end()
            if match[1] in "*?" or (match[2] is not None and int(match[2]) == 0):
                part = _ANYTHING
            elif part.texts is not None:
                part = _Part(None, AllOf(_worth_looking([_any_of(part.texts)])))
        return part

    def _atom(self) -> _Part:
        character = self._pattern[self._at]
        self._at += 1
        if character == "(":
            return self._group()
        if character == "[":
            return self._set()
        if character == "\\":
            return self._escape()
        if character in "^$":
            return _NOTHING
        return _ANYTHING if character == "." else _Part((character,))

    def _group(self) -> _Part:
        """A group; its name or flags say nothing of what stands there."""
        if self._next() == "?":
            end = _GROUP_START.match(self._pattern, self._at)
            self._at = end.end() if end else len(self._pattern)
            if end is None or end[0].endswith(")"):
                return _NOTHING if end else _ANYTHING
        part = self.alternatives()
        self._at += 1
        return part

    def _set(self) -> _Part:
        """A set of characters: the few that it names, or any."""
        match = _SET.match(self._pattern, self._at)
        if match is None:
            self._at = len(self._pattern)
            return _ANYTHING
        self._at = match.end()
        plain = match[2]
        if match[1] or len(plain) > _MOST_TEXTS or "-" in plain or "\\" in plain:
            return _ANYTHING
        return _Part(tuple(dict.fromkeys(plain)))

    def _escape(self) -> _Part:
        character = self._next()
        self._at += 1
        if character in "bBAz":
            return _NOTHING
        if character.isalnum():
            return {"t": _Part(("\t",))}.get(character, _ANYTHING)
        return _Part((character,)) if character else _ANYTHING

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]


def _joined(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...] | None:
    """Each text with each that may follow it, None if that makes too many."""
    if len(before) * len(after) > _MOST_TEXTS or max(map(len, before)) + max(map(len, after)) > _LONGEST_TEXT:
        return None
    return tuple(dict.fromkeys(map("".join, product(before, after))))


def _any_of(texts: Iterable[str]) -> Needed:
    alternatives = tuple(texts)
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _worth_looking(needed: Iterable[Needed]) -> tuple[Needed, ...]:
    """What says anything: not the empty text, nor alternatives of which one is empty."""
    return tuple(
        part
        for part in needed
        if part not in ("", AllOf()) and not (isinstance(part, AnyOf) and {"", AllOf()} & set(part.parts))
    )
