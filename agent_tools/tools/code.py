"""Tools for code: search by meaning, read files, find similar code."""

import difflib
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from agent_tools.bounds import MAX_CHARACTERS, MAX_TEXT, Limit, Offset, cut, page_of
from agent_tools.sources import RepositoryName, repository_called
from codesearch import selectors
from codesearch.models import SourceFile, Unit
from codesearch.retrieval import Hit, search, similar_units
from codesearch.retrieval.snippets import snippets_of
from searchapp.errors import InvalidInput

_MAX_LINES = 400
_SUGGESTED = 5

Path = Annotated[
    str, Field(max_length=1_000, description="The file's path in the repository, as a search gives it.")
]
Line = Annotated[int, Field(ge=1, description="Counted from 1.")]


def search_code(
    query: Annotated[
        str,
        Field(
            min_length=1,
            description="What the code does in words, a name, or code. Filters narrow it: repo:NAME "
            'lang:python path:src/** kind:function name:parse_* "literal text"; a minus before one excludes.',
        ),
    ],
    offset: Offset = 0,
    limit: Limit = 10,
) -> dict[str, Any]:
    """Find functions, methods, classes and passages of text in all repositories, by meaning, words and names.

    Each result has the repository, the path and the lines, to read on with `read_code`. `total` is how many
    can be paged through; `by_repository` is how many of them each repository has.
    """
    found = search(query, offset=offset, limit=limit)
    hits = _shown(found.hits, found.words, found.query.quoted)
    page = page_of(hits, offset, more=offset + len(hits) < found.total)
    notice = {"notice": found.notice} if found.notice else {}
    return {**page, "total": found.total, "by_repository": found.facets.get("repo", {}), **notice}


def read_code(
    repository: RepositoryName,
    path: Path,
    start_line: Line = 1,
    end_line: Annotated[
        int | None, Field(ge=1, description="The last line; without it, as many as an answer holds.")
    ] = None,
) -> dict[str, Any]:
    """Read lines of a file, at most 400 at once; `next_line` is where to read on, and null at the end.

    `outline` names the functions and classes of the file with their lines.
    """
    file = _file(repository_called(repository).name, path)
    lines = file.blob.text.split("\n")
    if start_line > len(lines):
        raise InvalidInput(f"{path} has {len(lines):,} lines.", field="start_line")
    last = min(len(lines), end_line or len(lines), start_line + _MAX_LINES - 1)
    if last < start_line:
        raise InvalidInput("The last line is before the first.", field="end_line")
    text = _fitting(lines[start_line - 1 : last])
    read = start_line - 1 + len(text)
    return {
        "repository": file.repository.name,
        "path": file.path,
        "language": file.language,
        "start_line": start_line,
        "end_line": read,
        "lines": len(lines),
        "next_line": read + 1 if read < len(lines) else None,
        "text": "\n".join(text),
        "outline": _outline(file),
    }


def similar_code(
    code: Annotated[
        str, Field(description="A piece of code; or leave it out and say where one stands.")
    ] = "",
    repository: Annotated[str, Field(max_length=200, description="Where it stands: the repository,")] = "",
    path: Annotated[str, Field(max_length=1_000, description="the file,")] = "",
    line: Annotated[int, Field(ge=1, description="and any line of the function or class.")] = 1,
    limit: Limit = 10,
) -> dict[str, Any]:
    """Find code that does much the same: as a piece of code that is given, or as one that is in a
    repository."""
    if code.strip():
        found = search(code, limit=limit)
        return page_of(_shown(found.hits, found.words), 0)
    if not repository or not path:
        raise InvalidInput("Give code, or the repository, path and line where it stands.", field="code")
    unit = _unit_at(_file(repository_called(repository).name, path), line)
    return page_of(_shown(similar_units(unit, limit=limit)), 0)


def _file(repository: str, path: str) -> SourceFile:
    """A served file. Raises InvalidInput, which names others that are called alike."""
    files = selectors.served_files(repository)
    file = files.filter(path=path).first()
    if file is None:
        name = path.rpartition("/")[2]
        alike = list(files.filter(path__endswith=name).values_list("path", flat=True)[:_SUGGESTED])
        if not alike:
            alike = difflib.get_close_matches(path, files.values_list("path", flat=True), _SUGGESTED)
        nearest = f"The nearest: {', '.join(alike)}." if alike else "Find it with search_code."
        raise InvalidInput(f"{repository} has no file {path!r}. {nearest}", field="path")
    return file


def _unit_at(file: SourceFile, line: int) -> Unit:
    """The innermost unit that has a line. Raises InvalidInput."""
    unit = (
        file.units.filter(start_line__lte=line, end_line__gte=line)
        .order_by("-start_line", "end_line")
        .select_related("repository", "file")
        .first()
    )
    if unit is None:
        raise InvalidInput(
            f"No function, class or passage has line {line} of {file.path}; read_code gives the outline.",
            field="line",
        )
    return unit


def _fitting(lines: Sequence[str]) -> list[str]:
    """As many whole lines as an answer holds; at least one, which may be cut."""
    kept: list[str] = []
    room = MAX_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept or [str(cut(lines[0], MAX_TEXT))]


def _outline(file: SourceFile) -> list[str]:
    """The functions and classes of a file, each with its lines."""
    units = file.units.exclude(kind=Unit.Kind.PASSAGE).order_by("start_line", "-end_line")
    rows = units.values_list("start_line", "end_line", "kind", "qualified_name")[:200]
    return [f"{start}-{end} {kind} {name}" for start, end, kind, name in rows]


def _shown(
    hits: Sequence[Hit], words: tuple[str, ...] = (), quoted: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    snippets = snippets_of([hit.candidate for hit in hits], words, quoted)
    return [
        {
            "repository": hit.candidate.repository,
            "path": hit.candidate.path,
            "start_line": hit.candidate.start_line,
            "end_line": hit.candidate.end_line,
            "kind": hit.candidate.kind,
            "name": hit.candidate.qualified_name,
            "signature": cut(hit.candidate.signature, 300),
            "found_by": list(hit.reasons),
            "code": cut(snippets[hit.candidate.id].text),
        }
        for hit in hits
    ]
