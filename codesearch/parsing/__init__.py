"""File → code units with their syntax tree, or passages; one module a language."""

from codesearch.parsing.base import CodeUnit, Language, ParsedFile
from codesearch.parsing.files import language_label, language_of, may_be_read, parse_file
from codesearch.parsing.languages import LANGUAGES

__all__ = [
    "LANGUAGES",
    "CodeUnit",
    "Language",
    "ParsedFile",
    "language_label",
    "language_of",
    "may_be_read",
    "parse_file",
]
