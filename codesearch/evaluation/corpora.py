"""Corpora of the form `{id, language, code}`, and queries `{id, text, relevant: {corpus id: grade}}`, as JSON lines."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesearch.parsing import LANGUAGES
from codesearch.parsing.languages import python as python_language
from codesearch.parsing.units import find_definitions


class MalformedFile(ValueError):  # noqa: N818 - names what is wrong
    """A line of an evaluation file is not what it should be."""


@dataclass(frozen=True)
class Document:
    """A piece of code to be found."""

    id: str
    language: str
    code: str


@dataclass(frozen=True)
class EvaluationQuery:
    """A query with the grades of the documents that answer it."""

    id: str
    text: str
    relevant: dict[str, int]


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a `.jsonl` or `.jsonl.gz` file. Raises MalformedFile with the line's number."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise MalformedFile(f"{path}, line {number}: {error}") from error


def read_documents(path: Path) -> list[Document]:
    """Return the documents of a corpus. Raises MalformedFile."""
    try:
        return [Document(str(row["id"]), row["language"], row["code"]) for row in read_json_lines(path)]
    except KeyError as error:
        raise MalformedFile(f"{path}: a line lacks {error}") from error


def read_queries(path: Path) -> list[EvaluationQuery]:
    """Return the queries. Raises MalformedFile."""
    try:
        return [EvaluationQuery(str(row["id"]), row["text"], row["relevant"]) for row in read_json_lines(path)]
    except KeyError as error:
        raise MalformedFile(f"{path}: a line lacks {error}") from error


def file_name(document: Document) -> str:
    """Return the path under which a document is indexed: its id, and an extension that tells its language."""
    return file_name_for(document.id, document.language)


def file_name_for(stem: str, language: str) -> str:
    """Return a file name with the extension of the language."""
    extensions = {each.name: each.extensions[0] for each in reversed(LANGUAGES)}
    return f"{stem}{extensions.get(language, '.txt')}"


# A method alone is no program in these languages: what has to stand around it, tried in order until the syntax is sound.
_SURROUNDINGS = {
    "java": ("{}", "class X {{\n{}\n}}"),
    "javascript": ("{}", "class X {{\n{}\n}}", "x = {{\n{}\n}}", "x = {}"),
    "typescript": ("{}", "class X {{\n{}\n}}", "x = {{\n{}\n}}", "x = {}"),
    "csharp": ("{}", "class X {{\n{}\n}}"),
    "php": ("<?php\n{}", "<?php\nclass X {{\n{}\n}}"),
}


def standalone(code: str, language: str) -> str:
    """Return a function's source as a file that parses: PHP with its tag, a method inside of a class where it needs one."""
    tries = [surrounding.format(code) for surrounding in _SURROUNDINGS.get(language, ("{}",))]
    parser = next((each.parser for each in LANGUAGES if each.name == language), None)
    if parser is None or code.lstrip().startswith("<?"):
        return code
    return next((text for text in tries if not parser.parse(text.encode("utf-8", errors="replace")).root_node.has_error), tries[0])


def strip_docstrings(code: str) -> str:
    """Return Python code without the documentation strings of its functions and classes."""
    language = python_language.LANGUAGE
    source = code.encode("utf-8", errors="replace")
    tree = language.parser.parse(source)
    nodes = [tree.root_node, *(definition.node for definition in find_definitions(tree, language))]
    strings = {node.start_byte: node.end_byte for each in nodes if (node := language.documentation_of(each)) is not None}
    for start, end in sorted(strings.items(), reverse=True):
        # The line goes with the string, so that no empty line tells where it was.
        head = source[:start].rstrip(b" \t")
        tail = source[end:]
        source = head.removesuffix(b"\n") + tail if tail.startswith(b"\n") or not tail else source[:start] + tail.lstrip()
    return source.decode("utf-8")
