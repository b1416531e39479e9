"""The answer of one source, whatever its kind, in one form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codesearch import selectors as code_selectors
from codesearch.retrieval import search
from kbqa.sparql import public as sparql
from kbqa.sql import public as sql
from routing.scopes import Scope
from routing.sources import CODE, GRAPH, RoutedSource

_MAX_ROWS, _MAX_HITS = 100, 10
_HIT_COLUMNS = ("repository", "path", "line", "name", "signature")


@dataclass(frozen=True)
class SourceAnswer:
    """What a source answers: rows under columns, by a query."""

    kind: str
    key: str
    answerable: bool
    confidence: float | None
    words: str = ""
    query: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    notice: str = ""
    url: str = ""


def answered(source: RoutedSource, question: str, scope: Scope, asker: Any = None) -> SourceAnswer:
    """Ask a source; of code, all repositories unless the scope names one. Raises SearchappError."""
    if source.kind == CODE:
        return _by_code(source, question, scope)
    if source.kind == GRAPH:
        return _by_graph(source, question, asker)
    return _by_database(source, question, asker)


def _by_code(source: RoutedSource, question: str, scope: Scope) -> SourceAnswer:
    result = search(f"repo:{scope.key} {question}" if scope.key else question, limit=_MAX_HITS)
    found = [hit.candidate for hit in result.hits]
    rows = [
        (each.repository, each.path, each.start_line, each.qualified_name, each.signature) for each in found
    ]
    first = found[0] if found else None
    url = code_selectors.unit_address(first.repository, first.path, first.start_line) if first else ""
    return SourceAnswer(
        source.kind,
        source.key,
        bool(rows),
        None,
        columns=_HIT_COLUMNS,
        rows=rows,
        notice=result.notice,
        url=url,
    )


def _by_graph(source: RoutedSource, question: str, asker: Any) -> SourceAnswer:
    row = sparql.services.ask(source.row, question, remember_for=asker)[1]
    kept = sparql.kept_answer_of(row)
    assert kept is not None
    reading, result = kept.best, kept.result
    rows: list[list[Any]] = []
    if result is not None:
        rows = (
            [[result.holds]]
            if result.holds is not None
            else [[cell.text for cell in each] for each in result.rows]
        )
    columns = [name.strip("?") for name in result.columns] if result else []
    return SourceAnswer(
        source.kind, source.key, kept.answerable, reading.probability if reading else 0.0,
        reading.words if reading else "", row.sparql, columns, rows[:_MAX_ROWS],
        kept.notice, row.get_absolute_url(),
    )  # fmt: skip


def _by_database(source: RoutedSource, question: str, asker: Any) -> SourceAnswer:
    row = sql.services.ask(source.row, question, remember_for=asker)[1]
    kept = sql.kept_answer_of(row)
    assert kept is not None
    reading, result = kept.best, kept.result
    rows = [[sql.shown(value) for value in each] for each in result.rows[:_MAX_ROWS]] if result else []
    return SourceAnswer(
        source.kind, source.key, kept.answerable, reading.probability if reading else 0.0,
        reading.words if reading else "", row.sql, list(result.columns) if result else [], rows,
        kept.notice or ("" if kept.answerable else kept.refusal), row.get_absolute_url(),
    )  # fmt: skip
