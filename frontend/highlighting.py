"""Code → HTML lines with syntax colours and the query's words marked."""

import html
import re
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType
from pygments.util import ClassNotFound

from codesearch.parsing.words import words_of_identifier

_LEXERS = {"csharp": "csharp", "cpp": "cpp", "typescript": "typescript", "protobuf": "protobuf", "shell": "bash", "rst": "rst", "terraform": "hcl"}
_IDENTIFIER = re.compile(r"[^\W_](?:[\w$]*[^\W_])?")
# Colouring a longer text takes longer than anyone waits.
_MOST_CHARACTERS = 250_000


def highlight_lines(lines: list[str], language: str, marked: frozenset[str] = frozenset()) -> list[SafeString]:
    """Return each line as HTML; identifiers that contain one of the stemmed words `marked` are marked."""
    text = "\n".join(lines)
    if len(text) > _MOST_CHARACTERS:
        return [mark_safe(_marked(line, marked)) for line in lines]
    done: list[list[str]] = [[]]
    for token_type, value in _lexer(language).get_tokens(text):
        css = _css_class(token_type)
        for number, part in enumerate(value.split("\n")):
            if number:
                done.append([])
            if part:
                inner = _marked(part, marked)
                done[-1].append(f'<span class="{css}">{inner}</span>' if css else inner)
    rendered = ["".join(parts) for parts in done]
    rendered += [""] * (len(lines) - len(rendered))
    return [mark_safe(line) for line in rendered[: len(lines)]]


def _marked(text: str, marked: frozenset[str]) -> str:
    if not marked:
        return html.escape(text)
    pieces, position = [], 0
    for match in _IDENTIFIER.finditer(text):
        if marked.intersection(words_of_identifier(match[0])):
            pieces += [html.escape(text[position : match.start()]), f"<mark>{html.escape(match[0])}</mark>"]
            position = match.end()
    return "".join([*pieces, html.escape(text[position:])])


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    try:
        return get_lexer_by_name(_LEXERS.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=False)


@lru_cache(maxsize=512)
def _css_class(token_type: _TokenType) -> str:
    while token_type not in STANDARD_TYPES and token_type is not Token:
        token_type = token_type.parent  # type: ignore[assignment]
    return str(STANDARD_TYPES.get(token_type, ""))
