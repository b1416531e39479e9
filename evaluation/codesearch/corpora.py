"""Corpora of the form `{id, language, code}`, and queries `{id, text, relevant: {corpus id: grade}}`, as JSON
lines.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.code_encoder.standalone import file_name_for


class MalformedFile(ValueError):
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
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
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
        return [
            EvaluationQuery(str(row["id"]), row["text"], row["relevant"]) for row in read_json_lines(path)
        ]
    except KeyError as error:
        raise MalformedFile(f"{path}: a line lacks {error}") from error


def file_name(document: Document) -> str:
    """Return the path under which a document is indexed: its id, and an extension that tells its language."""
    return file_name_for(document.id, document.language)
