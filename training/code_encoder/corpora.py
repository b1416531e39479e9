"""Corpora `{id, language, code}` and queries `{id, text, relevant: {corpus id: grade}}` as JSON lines."""

from dataclasses import dataclass
from pathlib import Path

from training.code_encoder.standalone import file_name_for
from training.json_lines import read_as


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


def read_documents(path: Path) -> list[Document]:
    """The documents of a corpus. Raises MalformedFile."""
    return read_as(path, lambda row: Document(str(row["id"]), row["language"], row["code"]))


def read_queries(path: Path) -> list[EvaluationQuery]:
    """The queries of a file. Raises MalformedFile."""
    return read_as(path, lambda row: EvaluationQuery(str(row["id"]), row["text"], row["relevant"]))


def file_name(document: Document) -> str:
    """The path under which a document is indexed: its id, and the extension of its language."""
    return file_name_for(document.id, document.language)
