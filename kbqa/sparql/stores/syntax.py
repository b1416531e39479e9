"""What people write in SPARQL, understood before it runs.

A text is read by the grammar in `sparql.lark`, which has no words for anything that would ask or fetch
elsewhere, and is then written anew from its tokens: with whole IRIs instead of prefixes, strings escaped in
one way, keywords in capitals, and a space between any two. So the engine, which reads characters without
tokens of its own, can read nothing else in it than what was looked at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser
from pyoxigraph import NamedNode, RdfFormat, parse

from kbqa.sparql.stores.base import QueryError
from kbqa.sparql.stores.tokens import KEYWORDS, PUNCTUATION, REFUSED, Tokens, refuse

MAX_QUERY_CHARACTERS = 100_000
MAX_UPDATE_CHARACTERS = 1_000_000
_MAX_ROWS = 2**63 - 1
_BYTE_ORDER_MARK = "\ufeff"
_GROWTH = 10
"""How many times longer than it may be a text may become with whole IRIs."""
_CALLED = frozenset(("FUNCTION", "AGGREGATE", "IRIREF", "PNAME", "PNAME_NS"))
_DECLARATIONS = frozenset(("BASE", "PREFIX", "VERSION"))
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_LOCAL_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_TO_ESCAPE = re.compile(r'\\(?=[uU])|[\\"\n\r\t\f\x08]')
_ESCAPED = {'"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\f": r"\f", "\b": r"\b"}
_SHOWN_EXPECTED = 6
_NAMES = {kind: text for text, kind in PUNCTUATION.items()} | {
    "$END": "its end", "IRIREF": "an IRI", "PNAME": "an IRI", "PNAME_NS": "an IRI", "VAR": "a variable",
    "STRING": "a text", "INTEGER": "a number", "NUMBER": "a number", "SIGNED_NUMBER": "a number",
    "FUNCTION": "a function", "AGGREGATE": "an aggregate", "BLANK_NODE": "a blank node",
}  # fmt: skip


def query_of(text: str, prefixes: Mapping[str, str]) -> str:
    """The query that a text is, written anew; `prefixes` need no declaration.

    Raises QueryError for what is not understood, and for whatever would read or fetch from elsewhere.
    """
    return _written_anew(text, "query_unit", prefixes, MAX_QUERY_CHARACTERS)


def update_of(text: str, prefixes: Mapping[str, str]) -> str:
    """As `query_of`, for an update: INSERT and DELETE of triples, on the one graph there is."""
    return _written_anew(text, "update_unit", prefixes, MAX_UPDATE_CHARACTERS)


def _written_anew(text: str, start: str, prefixes: Mapping[str, str], limit: int) -> str:
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if len(text) > limit:
        kind = "A query" if start == "query_unit" else "An update"
        raise QueryError(f"{kind} has at most {limit:,} characters.")
    if bad := _NO_TEXT.search(text):
        refuse(text, bad.start(), "This cannot be read: there is a character here that no text has")
    return _Writer(text, prefixes, limit * _GROWTH).written(list(_understood(text, start)))


def _understood(text: str, start: str) -> Iterator[Token]:
    """The tokens of a text, each after the grammar took it."""
    parser = _parser().parse_interactive(start=start)
    tokens = Tokens(text)
    for token in tokens:
        if token.type == "IRIREF" and "IRIREF" not in (taken := _choices(parser)) and "COMPARISON" in taken:
            token = tokens.compared(token)  # noqa: PLW2901
        if token.type in REFUSED:
            refuse(text, token.start_pos, REFUSED[token.type])
        if token.type == "GRAPH" and start == "update_unit":
            refuse(
                text,
                token.start_pos,
                "GRAPH is not allowed in an update: it changes this graph, and no other",
            )
        try:
            parser.feed_token(token)
        except UnexpectedToken as error:
            refuse(text, token.start_pos, f"This cannot be read: {_unexpected(token.value, error)}")
        yield token
    try:
        parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        refuse(text, len(text), "This cannot be read: it ends too early")


def _choices(parser: InteractiveParser) -> Mapping[str, Any]:
    """What may come next, by the names of terminals."""
    return parser.choices()  # type: ignore[no-untyped-call, no-any-return]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("sparql.lark").read_text(encoding="utf-8")
    starts = ["query_unit", "update_unit"]
    return Lark(grammar, parser="lalr", lexer=_NoLexer, transformer=_NoTree(), start=starts)


class _NoTree(lark.Transformer[Token, None]):
    """Keeps nothing of what was understood: that it was is all that is wanted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda children: None


class _NoLexer(lark.lexer.Lexer):
    """The parser is fed with tokens one by one."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, *args: Any) -> Iterator[Token]:
        return iter(())


class _Writer:
    """Writes tokens that the grammar took; knows the prefixes and the base that are declared so far."""

    def __init__(self, text: str, prefixes: Mapping[str, str], limit: int) -> None:
        self._text, self._prefixes, self._base, self._limit = text, dict(prefixes), "", limit
        self._resolved: dict[str, str] = {}

    def written(self, tokens: Iterable[Token]) -> str:
        """The whole text, its tokens on the lines where they were. Raises QueryError."""
        parts: list[str] = []
        length = at = 0
        before = ""
        rest = iter(tokens)
        for token in rest:
            if token.type in _DECLARATIONS:
                self._declare(token.type, rest)
                continue
            written = self._one(token, before)
            gap = "\n" * self._text.count("\n", at, token.start_pos) or _gap(before, token.type)
            parts += (gap, written)
            length += len(gap) + len(written)
            if length > self._limit:
                refuse(
                    self._text, token.start_pos, "With whole IRIs in place of its prefixes this is too long"
                )
            at, before = token.start_pos or 0, token.type
        return "".join(parts)

    def _declare(self, kind: str, rest: Iterator[Token]) -> None:
        if kind == "PREFIX":
            name = next(rest)
            self._prefixes[name[:-1]] = self._whole(next(rest))
        elif kind == "BASE":
            self._base = self._whole(next(rest))
        else:
            next(rest)
        self._resolved.clear()

    def _one(self, token: Token, before: str) -> str:
        match token.type:
            case "IRIREF" | "PNAME" | "PNAME_NS":
                iri = self._resolved.get(token) or self._resolved.setdefault(str(token), self._iri(token))
                if before == "GRAPH" and iri.lower().startswith("file:"):
                    refuse(
                        self._text, token.start_pos, "Files are not graphs: GRAPH names one of this store's"
                    )
                return f"<{iri}>"
            case "STRING":
                return self._string(token)
            case "A" | "TRUE" | "FALSE":
                return token.lower()
            case "INTEGER" if before in ("LIMIT", "OFFSET") and _is_too_large(token):
                refuse(self._text, token.start_pos, f"The number after {before} is too large")
            case "VAR":
                return f"?{token[1:]}"
            case kind if kind in KEYWORDS or kind in ("FUNCTION", "AGGREGATE"):
                return token.upper()
        return str(token)

    def _iri(self, token: Token) -> str:
        if token.type == "IRIREF":
            return self._whole(token)
        prefix, _, local = token.partition(":")
        if prefix not in self._prefixes:
            refuse(self._text, token.start_pos, f"This cannot be read: the prefix {prefix}: is not declared")
        return self._checked(token, self._prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local))

    def _whole(self, token: Token) -> str:
        """The IRI in angle brackets, resolved against the base."""
        iri = self._unescaped(token, token[1:-1])
        if not self._base:
            return self._checked(token, iri)
        self._checked(token, f"urn:x:{iri}")  # so that it stays within its brackets below
        try:
            [triple] = parse(f"<{iri}> a <urn:x> .", format=RdfFormat.TURTLE, base_iri=self._base)
        except (SyntaxError, ValueError) as error:
            refuse(self._text, token.start_pos, f"This cannot be read: {error}")
        return self._checked(token, triple.subject.value)

    def _checked(self, token: Token, iri: str) -> str:
        try:
            return NamedNode(iri).value
        except ValueError:
            refuse(
                self._text,
                token.start_pos,
                f"This cannot be read: <{iri[:100]}> is not a whole IRI; write one, or declare a BASE",
            )

    def _string(self, token: Token) -> str:
        quotes = 3 if len(token) >= 6 and token[:3] in ('"""', "'''") else 1
        value = self._unescaped(token, token[quotes:-quotes])
        return f'"{_TO_ESCAPE.sub(_escaped, value)}"'

    def _unescaped(self, token: Token, value: str) -> str:
        if "\\" not in value:
            return value
        try:
            value = _ESCAPE.sub(_character, value)
        except (ValueError, OverflowError):
            value = "\0"
        if _NO_TEXT.search(value):
            refuse(
                self._text,
                token.start_pos,
                "This cannot be read: an escape here is of no character that text can have",
            )
        return value


def _is_too_large(digits: str) -> bool:
    """Whether a number of rows is more than the engine counts to; Python reads no number of any length."""
    digits = digits.lstrip("0")
    return len(digits) > len(str(_MAX_ROWS)) or int(digits or 0) > _MAX_ROWS


def _gap(before: str, kind: str) -> str:
    """A space, except where the engine takes none."""
    if kind in ("LANGTAG", "DATATYPE") or before in ("", "DATATYPE"):
        return ""
    return "" if kind == "LPAR" and before in _CALLED else " "


def _character(match: re.Match[str]) -> str:
    """What an escape stands for. Raises ValueError beyond Unicode."""
    escape = match.group()
    return chr(int(escape[2:], 16)) if escape[1] in "uU" else _ESCAPES.get(escape[1], escape[1])


def _escaped(match: re.Match[str]) -> str:
    """A character as it stands in a string.

    A backslash before `u` is written as a code point, since stores differ in what `\\\\u0022` means.
    """
    return _ESCAPED.get(match.group(), r"\u005C")


def _unexpected(found: str, error: UnexpectedToken) -> str:
    shown = sorted({_NAMES.get(name, name) for name in error.expected})
    if len(shown) > _SHOWN_EXPECTED:
        return f"{found[:50]} is not understood here"
    return f"{found[:50]} is not understood here, where {' or '.join(shown)} may stand"
