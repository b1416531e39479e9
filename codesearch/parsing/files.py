"""One file → its units. Never raises: what cannot be parsed as code is still text."""

from bisect import bisect_left
from pathlib import PurePosixPath

from tree_sitter import Node

from codesearch.parsing.base import DECLARATION_KINDS, CodeUnit, Language, ParsedFile, join_source, node_text
from codesearch.parsing.languages import LANGUAGES
from codesearch.parsing.languages.c import LANGUAGE as C
from codesearch.parsing.languages.cpp import LANGUAGE as CPP
from codesearch.parsing.languages.cpp import is_cpp
from codesearch.parsing.passages import TEXT_LABELS, passages_of, text_language
from codesearch.parsing.units import Definition, clean_comments, clean_string, find_definitions, unit_of

_BY_EXTENSION: dict[str, Language] = {
    extension: language for language in LANGUAGES for extension in language.extensions
}
_LABELS = {language.name: language.label for language in LANGUAGES} | TEXT_LABELS
_CODE_NAMES = {"Rakefile": "ruby", "Gemfile": "ruby"}
# Left-over lines of a module are cut into stretches of about this many lines.
_MODULE_LINES = 60


def language_of(path: str) -> str | None:
    """Name of the language or text format of a file, or None if it is neither code nor documentation."""
    pure = PurePosixPath(path)
    language = _BY_EXTENSION.get(pure.suffix.lower())
    return language.name if language else _CODE_NAMES.get(pure.name) or text_language(path)


def language_label(name: str) -> str:
    """The language's name as people write it."""
    return _LABELS.get(name, name)


def parse_file(path: str, text: str) -> ParsedFile:
    """Units of a file: functions, methods, classes and what is left of the module; passages of other text."""
    name = language_of(path) or "text"
    language = _grammar(path, name)
    if language is C and PurePosixPath(path).suffix.lower() == ".h" and is_cpp(text):
        name, language = CPP.name, CPP
    if language is None:
        return ParsedFile(name, passages_of(path, text, name))
    source = text.encode("utf-8", errors="replace")
    tree = language.parse(source)
    definitions = find_definitions(tree, language)
    units = [unit_of(definition, source, language) for definition in definitions]
    bodies = [item for item in definitions if item.kind not in DECLARATION_KINDS and not item.is_prototype]
    units += _module_units(path, source, tree.root_node, bodies, language)
    sound = not tree.root_node.has_error
    if not units:
        return ParsedFile(name, passages_of(path, text, name), sound)
    return ParsedFile(name, sorted(units, key=lambda unit: (unit.start_line, -unit.end_line)), sound)


def _grammar(path: str, name: str) -> Language | None:
    by_extension = _BY_EXTENSION.get(PurePosixPath(path).suffix.lower())
    return by_extension or next((language for language in LANGUAGES if language.name == name), None)


def _module_units(
    path: str, source: bytes, root: Node, definitions: list[Definition], language: Language
) -> list[CodeUnit]:
    """What stands outside of all definitions: the module's documentation, constants, statements."""
    taken = sorted({(item.outer.start_byte, item.outer.end_byte) for item in definitions})
    comments = {comment.id for item in definitions for comment in item.comments}
    left = [node for node in root.children if node.id not in comments and not _covered(node, taken)]
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


def _covered(node: Node, taken: list[tuple[int, int]]) -> bool:
    """A top-level node belongs to the definitions inside it if they make up most of it.

    `taken` are where definitions start and end, in order.
    """
    inside = 0
    end = node.start_byte
    for index in range(bisect_left(taken, (node.start_byte, 0)), len(taken)):
        start, stop = taken[index]
        if start >= node.end_byte:
            break
        if stop <= node.end_byte and start >= end:
            inside += stop - start
            end = stop
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
