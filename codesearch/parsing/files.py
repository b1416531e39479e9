"""One file → its units. Never raises: what cannot be parsed as code is still text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.conf import settings
from tree_sitter import Node

from codesearch.parsing.base import CodeUnit, Language, ParsedFile, join_source, node_text
from codesearch.parsing.languages import LANGUAGES
from codesearch.parsing.passages import TEXT_LABELS, interpreted_language, passages_of, text_language
from codesearch.parsing.units import Definition, clean_comments, clean_string, find_definitions, unit_of

_BY_EXTENSION: dict[str, Language] = {
    extension: language for language in LANGUAGES for extension in language.extensions
}
_LABELS = {language.name: language.label for language in LANGUAGES} | TEXT_LABELS
_CODE_NAMES = {
    "Rakefile": "ruby",
    "Gemfile": "ruby",
    "Podfile": "ruby",
    "Brewfile": "ruby",
    "Fastfile": "ruby",
    "SConstruct": "python",
    "SConscript": "python",
}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?([A-Za-z]+)")
_INTERPRETERS = {
    "python": "python",
    "pypy": "python",
    "node": "javascript",
    "nodejs": "javascript",
    "bun": "javascript",
    "deno": "typescript",
    "ruby": "ruby",
    "php": "php",
}
# Left-over lines of a module are cut into stretches of about this many lines.
_MODULE_LINES = 60


def language_of(path: str, text: str = "") -> str | None:
    """Name of the language or text format of a file, or None if it is neither code nor documentation.

    SOURCE_LANGUAGES comes first; a file without extension may be a script, which its text tells.
    """
    pure = PurePosixPath(path)
    chosen = settings.SOURCE_LANGUAGES.get(pure.suffix.lower()) or settings.SOURCE_LANGUAGES.get(pure.name)
    if chosen:
        return str(chosen)
    language = _BY_EXTENSION.get(pure.suffix.lower())
    name = language.name if language else _CODE_NAMES.get(pure.name) or text_language(path)
    return name or (_language_of_script(text) if not pure.suffix else None)


def may_be_read(path: str) -> bool:
    """Whether a file's name does not rule out that it is code or documentation."""
    return not PurePosixPath(path).suffix or language_of(path) is not None


def _language_of_script(text: str) -> str | None:
    """Language of a script, by the program that its first line names: `#!/usr/bin/env python3`."""
    match = _SHEBANG.match(text)
    if match is None:
        return None
    return _INTERPRETERS.get(match[1]) or interpreted_language(match[1])


def language_label(name: str) -> str:
    """The language's name as people write it."""
    return _LABELS.get(name, name)


def parse_file(path: str, text: str) -> ParsedFile:
    """Units of a file: functions, methods, classes and what is left of the module; passages of other text."""
    name = language_of(path, text) or "text"
    language = _grammar(path, name)
    if language is None:
        return ParsedFile(name, passages_of(path, text, name))
    source = text.encode("utf-8", errors="replace")
    tree = language.parse(source)
    definitions = find_definitions(tree, language)
    units = [unit_of(definition, source, language) for definition in definitions]
    units += _module_units(path, source, tree.root_node, definitions, language)
    sound = not tree.root_node.has_error
    if not units:
        return ParsedFile(name, passages_of(path, text, name), sound, tree)
    return ParsedFile(name, sorted(units, key=lambda unit: (unit.start_line, -unit.end_line)), sound, tree)


def _grammar(path: str, name: str) -> Language | None:
    by_extension = _BY_EXTENSION.get(PurePosixPath(path).suffix.lower())
    if by_extension is not None and by_extension.name == name:
        return by_extension
    return next((language for language in LANGUAGES if language.name == name), None)


def _module_units(
    path: str, source: bytes, root: Node, definitions: list[Definition], language: Language
) -> list[CodeUnit]:
    """What stands outside of all definitions: the module's documentation, constants, statements."""
    taken = _Spans((item.outer.start_byte, item.outer.end_byte) for item in definitions)
    comments = {comment.id for item in definitions for comment in item.comments}
    left = [node for node in root.children if node.id not in comments and not taken.make_up_most_of(node)]
    documentation = _module_documentation(root, left, language)
    if not left or (not documentation and all(_is_trivial(node, language) for node in left) and definitions):
        return []
    stem = PurePosixPath(path).stem
    name = PurePosixPath(path).parent.name if stem in ("__init__", "index", "mod") else stem
    units = []
    for number, nodes in enumerate(_stretches(left)):
        code, segments = join_source(source, [(node.start_byte, node.end_byte) for node in nodes], b"\n")
        if code.strip():
            units.append(
                CodeUnit(
                    kind="module",
                    name=name or stem,
                    qualified_name=str(PurePosixPath(path).with_suffix("")).replace("/", ".")[-500:],
                    signature="",
                    documentation=documentation if number == 0 else "",
                    code=code,
                    start_line=nodes[0].start_point.row + 1,
                    end_line=nodes[-1].end_point.row + 1,
                    tree=root,
                    segments=segments,
                )
            )
    return units


class _Spans:
    """The outermost of some spans of bytes, in order."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._lengths = [0]
        """The length of all spans before each."""
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if not self._ends or start >= self._ends[-1]:
                self._starts.append(start)
                self._ends.append(end)
                self._lengths.append(self._lengths[-1] + end - start)

    def make_up_most_of(self, node: Node) -> bool:
        """Whether a top-level node belongs to the definitions inside it."""
        first, last = bisect_left(self._starts, node.start_byte), bisect_right(self._ends, node.end_byte)
        inside = self._lengths[max(first, last)] - self._lengths[first]
        return inside * 2 > node.end_byte - node.start_byte


def _is_trivial(node: Node, language: Language) -> bool:
    return (
        node.type in language.imports or node.type in language.comments or node.end_byte - node.start_byte < 2
    )


def _module_documentation(root: Node, left: list[Node], language: Language) -> str:
    inside = language.documentation_of(root)
    if inside is not None:
        return clean_string(node_text(inside))
    head = []
    for node in left:
        if node.type not in language.comments:
            break
        head.append(node)
    text = clean_comments(head)
    return "" if "license" in text.lower()[:1000] or "copyright" in text.lower()[:300] else text


def _stretches(nodes: list[Node]) -> list[list[Node]]:
    stretches: list[list[Node]] = []
    lines = 0
    for node in nodes:
        height = node.end_point.row - node.start_point.row + 1
        if not stretches or lines + height > _MODULE_LINES:
            stretches.append([])
            lines = 0
        stretches[-1].append(node)
        lines += height
    return stretches
