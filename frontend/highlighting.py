"""Code → HTML lines with syntax colours, and what the query asks for marked."""

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from threading import Lock

from django.utils.safestring import SafeString, mark_safe
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType
from pygments.util import ClassNotFound

from codesearch.parsing.words import words_of_identifier

_LEXERS = {
    "csharp": "csharp",
    "cpp": "cpp",
    "typescript": "typescript",
    "protobuf": "protobuf",
    "shell": "bash",
    "rst": "rst",
    "terraform": "hcl",
}
# The tokens that styles.css colours; others need no mark in the page.
_COLOURED = frozenset(
    """k kc kd kn kp kr kt ow nt s s1 s2 sa sb sc sd se sh si sr ss sx dl c c1 ch cm cp cpf cs m mb mf mh mi
    il mo nf nc fm nd ne gh gu""".split()  # noqa: SIM905
)
_IDENTIFIER = re.compile(r"[^\W_](?:[\w$]*[^\W_])?")
# Colouring a longer text takes longer than anyone waits.
_MAX_CHARACTERS = 250_000
_lexing = Lock()


def highlight_lines(
    lines: list[str], language: str, words: frozenset[str] = frozenset(), texts: Sequence[str] = ()
) -> list[SafeString]:
    """Each line as HTML, with what was asked for marked.

    That is identifiers that contain one of the stemmed `words`, and the `texts`, whatever their capitals.
    """
    quoted = [_occurrences(line, texts) for line in lines]
    code = "\n".join(lines)
    if len(code) > _MAX_CHARACTERS:
        return [mark_safe(_marked(line, words, spans)) for line, spans in zip(lines, quoted, strict=True)]
    done: list[list[str]] = [[]]
    column = 0
    for css, value in _runs(language, code):
        for number, part in enumerate(value.split("\n")):
            if number:
                done.append([])
                column = 0
            if part:
                spans = quoted[len(done) - 1] if len(done) <= len(quoted) else []
                inner = _marked(part, words, [(first - column, end - column) for first, end in spans])
                done[-1].append(f'<span class="{css}">{inner}</span>' if css else inner)
                column += len(part)
    rendered = ["".join(parts) for parts in done]
    rendered += [""] * (len(lines) - len(rendered))
    return [mark_safe(line) for line in rendered[: len(lines)]]


def escaped(text: str) -> str:
    """Text as the content of an element, where quotes mean nothing."""
    return html.escape(text, quote=False)


def _occurrences(line: str, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Where the texts stand in a line, as spans (first, end)."""
    return [match.span() for text in texts for match in re.finditer(re.escape(text), line, re.IGNORECASE)]


def _marked(part: str, words: frozenset[str], spans: list[tuple[int, int]]) -> str:
    """A part of a line as HTML, with identifiers that have one of the words marked, and spans in it."""
    marks = [(max(0, first), min(len(part), end)) for first, end in spans if first < len(part) and end > 0]
    if words:
        marks += [
            match.span()
            for match in _IDENTIFIER.finditer(part)
            if words.intersection(words_of_identifier(match[0]))
        ]
    pieces, position = [], 0
    for first, end in _merged(marks):
        pieces += [escaped(part[position:first]), f"<mark>{escaped(part[first:end])}</mark>"]
        position = end
    return "".join([*pieces, escaped(part[position:])])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return merged


def _runs(language: str, code: str) -> Iterator[tuple[str, str]]:
    """The tokens of a code by colour, those that follow each other in the same colour as one."""
    coloured = ((_css_class(token_type), value) for token_type, value in _tokens(language, code))
    for css, run in groupby(coloured, key=itemgetter(0)):
        yield css, "".join(value for _, value in run)


def _tokens(language: str, code: str) -> list[tuple[_TokenType, str]]:
    """The tokens of a code, by one thread at a time.

    A class of lexers reads its rules when its first lexer is made, which may be one within another's work; a
    second thread would read them half, and keep them so.
    """
    with _lexing:
        return list(_lexer(language).get_tokens(code))


def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(_LEXERS.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=False)


@lru_cache(maxsize=512)
def _css_class(token_type: _TokenType) -> str:
    while token_type not in STANDARD_TYPES and token_type is not Token:
        token_type = token_type.parent  # type: ignore[assignment]
    css = str(STANDARD_TYPES.get(token_type, ""))
    return css if css in _COLOURED else ""
