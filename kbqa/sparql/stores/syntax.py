"""What people write in SPARQL, understood before it runs.

A text is read by the grammar in `sparql.lark`, which has no words for anything that would ask or fetch
elsewhere, and is then written anew from its tokens: with whole IRIs instead of prefixes, strings escaped in
one way, keywords in capitals, and a space between any two. So the engine, which reads characters without
tokens of its own, can read nothing else in it than what was looked at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
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
_FROM = re.compile(
    r"""\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
    r"|\bFROM\s+NAMED\s*<(?P<named>[^<>]*)>|\bFROM\s*<(?P<default>[^<>]*)>|<[^<>\s]*>",
    re.IGNORECASE,
)
"""The graphs that a query names, as it is written here; within texts and IRIs nothing is one."""
_BEFORE_GRAPHS = frozenset(("GRAPH", "FROM", "NAMED"))
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


@dataclass(frozen=True)
class Query:
    """A query that was understood, written anew.

    `columns` are the variables of a `SELECT *` in the order in which they appear, empty for other queries;
    `prefixes` hold at its end, and `has_dataset` says whether it names the graphs that it asks.
    """

    text: str
    columns: tuple[str, ...]
    prefixes: Mapping[str, str]
    has_dataset: bool

    @property
    def graphs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The graphs that it is asked of by FROM, and by FROM NAMED, by their IRIs."""
        if not self.has_dataset:
            return (), ()
        found = list(_FROM.finditer(self.text))
        default = (match["default"] for match in found if match["default"] is not None)
        named = (match["named"] for match in found if match["named"] is not None)
        return tuple(default), tuple(dict.fromkeys(named))


def understood(text: str, prefixes: Mapping[str, str], base: str = "") -> Query:
    """The query that a text is; `prefixes` need no declaration, and `base` holds until another is declared.

    Raises QueryError for what is not understood, and for whatever would read or fetch from elsewhere.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    tokens = _tokens(text, "query_unit", MAX_QUERY_CHARACTERS)
    writer = _Writer(text, prefixes, MAX_QUERY_CHARACTERS * _GROWTH, base)
    written = writer.written(tokens)
    return Query(written, _columns(tokens), writer.prefixes, any(each.type == "FROM" for each in tokens))


def query_of(text: str, prefixes: Mapping[str, str]) -> str:
    """The query that a text is, written anew; `prefixes` need no declaration.

    Raises QueryError as `understood` does.
    """
    return understood(text, prefixes).text


def update_of(text: str, prefixes: Mapping[str, str], marker: str = "") -> str:
    """As `query_of`, for an update: INSERT and DELETE of triples.

    With a `marker`, the IRI of a graph, whatever is inserted without a graph is inserted there, too.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    tokens = _tokens(text, "update_unit", MAX_UPDATE_CHARACTERS)
    return _Writer(text, prefixes, MAX_UPDATE_CHARACTERS * _GROWTH, marker=marker).written(tokens)


def _tokens(text: str, start: str, limit: int) -> list[Token]:
    """The tokens of a text that the grammar took. Raises QueryError."""
    if len(text) > limit:
        kind = "A query" if start == "query_unit" else "An update"
        raise QueryError(f"{kind} has at most {limit:,} characters.")
    if bad := _NO_TEXT.search(text):
        refuse(text, bad.start(), "This cannot be read: there is a character here that no text has")
    return list(_understood(text, start))


def _columns(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The variables of a query whose first word is a SELECT of all of them, as they appear."""
    kinds = [token.type for token in tokens]
    if "SELECT" not in kinds or "ASK" in kinds or "CONSTRUCT" in kinds or "DESCRIBE" in kinds:
        return ()
    selected = kinds.index("SELECT")
    clause = list(takewhile(lambda kind: kind in ("SELECT", "DISTINCT", "REDUCED"), kinds[selected:]))
    if kinds[selected + len(clause)] != "STAR":
        return ()
    return tuple(dict.fromkeys(token[1:] for token in tokens if token.type == "VAR"))


def _understood(text: str, start: str) -> Iterator[Token]:
    """The tokens of a text, each after the grammar took it."""
    parser = _parser().parse_interactive(start=start)
    tokens = Tokens(text)
    for token in tokens:
        if token.type == "IRIREF" and "IRIREF" not in (taken := _choices(parser)) and "COMPARISON" in taken:
            token = tokens.compared(token)  # noqa: PLW2901
        if token.type in REFUSED:
            refuse(text, token.start_pos, REFUSED[token.type])
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

    def __init__(
        self, text: str, prefixes: Mapping[str, str], limit: int, base: str = "", *, marker: str = ""
    ) -> None:
        self._text, self.prefixes, self._base, self._limit = text, dict(prefixes), base, limit
        self._resolved: dict[str, str] = {}
        self._marking = _Marking(marker) if marker else None

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
            if self._marking is not None:
                written = self._marking.followed(token.type, written)
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
            self.prefixes[name[:-1]] = self._whole(next(rest))
        elif kind == "BASE":
            self._base = self._whole(next(rest))
        else:
            next(rest)
        self._resolved.clear()

    def _one(self, token: Token, before: str) -> str:
        match token.type:
            case "IRIREF" | "PNAME" | "PNAME_NS":
                iri = self._resolved.get(token) or self._resolved.setdefault(str(token), self._iri(token))
                if before in _BEFORE_GRAPHS and iri.lower().startswith("file:"):
                    refuse(
                        self._text,
                        token.start_pos,
                        "Files are not graphs: the graphs are those of this store",
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
        if prefix not in self.prefixes:
            refuse(self._text, token.start_pos, f"This cannot be read: the prefix {prefix}: is not declared")
        return self._checked(token, self.prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local))

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


class _Marking:
    """Follows the templates of an update's insertions, whose triples without a graph also get a marker's."""

    def __init__(self, marker: str) -> None:
        self._marker = marker
        self._depth, self._is_insertion, self._in_graph = 0, False, False
        self._unnamed, self._last = "", "DOT"

    def followed(self, kind: str, written: str) -> str:
        """A token as it is written, with the marker's triples before the end of a template."""
        if not self._depth:
            self._is_insertion = kind == "INSERT" or (self._is_insertion and kind in ("DATA", "LBRACE"))
            self._depth = int(kind == "LBRACE" and self._is_insertion)
            return written
        self._depth += (kind == "LBRACE") - (kind == "RBRACE")
        if not self._depth:
            marked, self._unnamed, self._last = self._unnamed, "", "DOT"
            return f"GRAPH <{self._marker}> {{{marked} }} {written}" if marked else written
        if kind == "GRAPH":
            self._in_graph = True
            self._add("DOT", ".")
        if not self._in_graph:
            self._add(kind, written)
        elif kind == "RBRACE":
            self._in_graph = False
        return written

    def _add(self, kind: str, written: str) -> None:
        if kind != "DOT" or self._last != "DOT":
            self._unnamed += (_gap(self._last, kind) if self._unnamed else " ") + written
            self._last = kind


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
