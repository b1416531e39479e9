"""SPARQL's terminals (W3C, section 19.8), in one pass over a text, in time that grows with its length alone.

Escapes of code points (`\\u0041`) are understood where the engine understands them: in IRIs and strings.
"""

import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from lark import Token

from kbqa.sparql.stores.base import QueryError

FUNCTIONS = frozenset(
    """
    ABS ADJUST BNODE BOUND CEIL COALESCE CONCAT CONTAINS DATATYPE DAY ENCODE_FOR_URI FLOOR HASLANG
    HASLANGDIR HOURS IF IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISTRIPLE ISURI LANG LANGDIR
    LANGMATCHES LCASE MD5 MINUTES MONTH NOW OBJECT PREDICATE RAND REGEX REPLACE ROUND SAMETERM
    SECONDS SHA1 SHA256 SHA384 SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN
    STRSTARTS STRUUID SUBJECT SUBSTR TIMEZONE TRIPLE TZ UCASE URI UUID YEAR
    """.split()
)
AGGREGATES = frozenset(("AVG", "COUNT", "GROUP_CONCAT", "MAX", "MIN", "SAMPLE", "SUM"))
KEYWORDS = frozenset(
    """
    BASE PREFIX VERSION SELECT DISTINCT REDUCED AS CONSTRUCT DESCRIBE ASK WHERE GROUP BY HAVING ORDER ASC DESC
    LIMIT OFFSET VALUES INSERT DELETE DATA UNION OPTIONAL LATERAL MINUS GRAPH FILTER BIND UNDEF NOT IN EXISTS
    FROM NAMED SEPARATOR TRUE FALSE
    """.split()
)
REFUSED = {
    "SERVICE": "SERVICE is not allowed: a query asks this graph alone",
    "LOAD": "LOAD is not allowed: an update changes this graph by what it says itself",
    **dict.fromkeys(
        ("USING", "WITH"),
        "USING and WITH are not allowed: write GRAPH in the update's braces instead",
    ),
    **dict.fromkeys(
        ("CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"),
        "Graphs cannot be cleared, made, dropped, moved or copied here; "
        "DELETE WHERE { ?s ?p ?o } removes all triples, and with GRAPH those of one named graph",
    ),
}
"""Keywords that the grammar has no place for, and why."""
MAX_DEPTH = 100
"""How many brackets may be open at once."""

_LETTER = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_NAME = rf"_{_LETTER}"
_MARK = r"\u00B7\u0300-\u036F\u203F-\u2040"
_CODE_POINT = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ESCAPE = rf"\\[tbnrf\\\"']|{_CODE_POINT}"
_PREFIX = rf"(?:[{_LETTER}](?:\.{{0,9}}[-0-9{_NAME}{_MARK}]){{0,99}}+)?"
_LOCAL_START = rf"(?:[:0-9{_NAME}]|%[0-9A-Fa-f]{{2}}|\\[-_~.!$&'()*+,;=/?#@%])"
_LOCAL_NEXT = rf"(?:[-:0-9{_NAME}{_MARK}]|%[0-9A-Fa-f]{{2}}|\\[-_~.!$&'()*+,;=/?#@%])"
_EXPONENT = r"[eE][+-]?[0-9]+"
PUNCTUATION = {
    "<<(": "LTRIPLE_TERM", ")>>": "RTRIPLE_TERM", "<<": "LTRIPLE", ">>": "RTRIPLE",
    "{|": "LANNOTATION", "|}": "RANNOTATION", "^^": "DATATYPE", "||": "OR", "&&": "AND",
    "!=": "COMPARISON", "<=": "COMPARISON", ">=": "COMPARISON", "<": "COMPARISON", ">": "COMPARISON",
    "=": "EQUALS", "(": "LPAR", ")": "RPAR", "{": "LBRACE", "}": "RBRACE", "[": "LBRACKET", "]": "RBRACKET",
    ".": "DOT", ",": "COMMA", ";": "SEMICOLON", "*": "STAR", "+": "PLUS", "-": "DASH", "/": "SLASH",
    "|": "PIPE", "^": "CARET", "?": "QUESTION", "!": "EXCLAMATION", "~": "TILDE",
}  # fmt: skip
_OPENING = frozenset(("LPAR", "LBRACE", "LBRACKET", "LTRIPLE", "LTRIPLE_TERM", "LANNOTATION"))
_CLOSING = frozenset(("RPAR", "RBRACE", "RBRACKET", "RTRIPLE", "RTRIPLE_TERM", "RANNOTATION"))
_PREFIXING = frozenset(("EXCLAMATION", "PLUS", "DASH", "CARET"))
# Possessive quantifiers, so that no text makes the matcher go back over what it has read; and a bound for
# names of prefixes, which are tried wherever a word stands.
_TOKEN = re.compile(
    "|".join(
        (
            r"(?P<SPACE>(?:[ \t\r\n]++|\#[^\r\n]*+)++)",
            rf"(?P<IRIREF><(?:[^<>\"{{}}|^`\\\x00-\x20]|{_CODE_POINT})*+>)",
            rf"(?P<LONG>\"\"\"(?:\"?+\"?+(?:[^\"\\]|{_ESCAPE}))*+\"\"\"|'''(?:'?+'?+(?:[^'\\]|{_ESCAPE}))*+''')",
            rf"(?P<STRING>\"(?!\"\")(?:[^\"\\\n\r]|{_ESCAPE})*+\"|'(?!'')(?:[^'\\\n\r]|{_ESCAPE})*+'|\"\"|'')",
            rf"(?P<VAR>[?$][0-9{_NAME}][0-9{_NAME}{_MARK}]*+)",
            rf"(?P<BLANK_NODE>_:[0-9{_NAME}](?:\.*+[-0-9{_NAME}{_MARK}])*+)",
            rf"(?P<PNAME>{_PREFIX}:{_LOCAL_START}(?:\.*+{_LOCAL_NEXT})*+)",
            rf"(?P<PNAME_NS>{_PREFIX}:)",
            r"(?P<LANGTAG>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[a-z]++)?+)",
            rf"(?P<DOUBLE>[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++){_EXPONENT})",
            r"(?P<DECIMAL>[+-]?[0-9]*+\.[0-9]++)",
            r"(?P<INTEGER>[+-]?[0-9]++)",
            r"(?P<WORD>[A-Za-z_][A-Za-z0-9_]*+)",
            "(?P<MARK>" + "|".join(map(re.escape, sorted(PUNCTUATION, key=len, reverse=True))) + ")",
        )
    )
)


class Tokens:
    """The terminals of a query or an update, one by one as they are asked for.

    Asking raises QueryError where there is none, and where too much stands inside each other.
    """

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth, self._signs = text, 0, 0, 0

    def __iter__(self) -> Iterator[Token]:
        while self._at < len(self._text):
            match = _TOKEN.match(self._text, self._at)
            if match is None:
                refuse(self._text, self._at, _unknown(self._text[self._at]))
            kind, value, start = match.lastgroup or "", match.group(), self._at
            self._at = match.end()
            if kind == "SPACE":
                continue
            if kind in _BY_TEXT:
                kind = _BY_TEXT[kind](value)
            self._count(kind, start)
            yield Token(kind, value, start)

    def compared(self, token: Token) -> Token:
        """`<` in place of an IRI that the grammar does not take there; what follows comes next.

        `?a<3&&?b>2` has an IRI by its characters, and means none.
        """
        assert token.start_pos is not None
        self._at = token.start_pos + 1
        return Token("COMPARISON", "<", token.start_pos)

    def _count(self, kind: str, start: int) -> None:
        self._depth += (kind in _OPENING) - (kind in _CLOSING)
        self._signs = self._signs + 1 if kind in _PREFIXING else 0
        if self._depth > MAX_DEPTH or self._signs > MAX_DEPTH:
            refuse(self._text, start, f"More than {MAX_DEPTH} brackets or signs stand inside each other")


def _word(value: str) -> str:
    name = value.upper()
    if value == "a":
        return "A"
    if name in KEYWORDS or name in REFUSED:
        return name
    if name in FUNCTIONS:
        return "FUNCTION"
    return "AGGREGATE" if name in AGGREGATES else "UNKNOWN"


def _number(value: str) -> str:
    return "SIGNED_NUMBER" if value[0] in "+-" else "NUMBER"


_BY_TEXT: dict[str, Callable[[str], str]] = {
    "WORD": _word,
    "MARK": PUNCTUATION.__getitem__,
    "LONG": lambda value: "STRING",
    "DOUBLE": _number,
    "DECIMAL": _number,
    "INTEGER": lambda value: "SIGNED_NUMBER" if value[0] in "+-" else "INTEGER",
}


def _unknown(character: str) -> str:
    if character in "\"'":
        return "This cannot be read: a text begins here and does not end, or has an escape that is none"
    return f"This cannot be read: the character {character!r} has no meaning here"


def refuse(text: str, token_start: int | None, why: str) -> NoReturn:
    """Raise QueryError with the line and column of a place in a text."""
    at = token_start or 0
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    raise QueryError(f"{why} (line {line}, column {column}).")
