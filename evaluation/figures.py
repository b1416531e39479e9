"""Figures of cards and documents: tables and sentences made of results, between markers in the Markdown.

`evaluation/figures.yaml` says what each is made of. A table has columns (title → format) and rows (title →
entry); a text has a format. Formats are those of `str.format`: a table's are filled with the entry's
measures, a text's with all entries by name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from evaluation.results import Result, latest, read_results
from searchapp.errors import InvalidInput

ROOT = Path(__file__).parents[1]
DESCRIPTION = Path(__file__).parent / "figures.yaml"
_MARKED = re.compile(
    r"(?P<begin><!-- figures: (?P<name>[\w-]+) -->)(?P<space>\n?)(?P<text>.*?)(?P<end><!-- /figures -->)",
    re.DOTALL,
)


class FigureError(InvalidInput):
    """A figure cannot be made."""


@dataclass(frozen=True)
class Figure:
    """A table (`columns` and `rows`) or a sentence (`text`) made of results."""

    name: str
    text: str = ""
    head: str = ""
    """The title of a table's first column."""
    columns: Mapping[str, str] | None = None
    rows: Mapping[str, str] | None = None
    note: bool = True
    """Whether commit, date and machine of the results are said below a table."""

    @property
    def entries(self) -> set[str]:
        """The names of the entries that it is made of."""
        if self.rows is not None:
            return set(self.rows.values())
        fields = (field for _, field, _, _ in Formatter().parse(self.text) if field)
        return {field.partition("[")[0] for field in fields}

    def rendered(self, results: Mapping[str, Result], present: str = "") -> str:
        """The figure as Markdown, of the latest result of each entry. Raises FigureError.

        What no result says stays as it is in the `present` text: a row, or a sentence as a whole.
        """
        if self.rows is None:
            measures = {name: result.measures for name, result in results.items()}
            return _filled(self.text, measures) if self.entries <= set(results) else present
        columns, stays = self.columns or {}, _rows_of(present)
        lines = [_line([self.head, *columns]), _line(["---"] * (1 + len(columns)))]
        for title, entry in self.rows.items():
            if entry in results:
                lines.append(
                    _line([title, *(_filled(form, results[entry].measures) for form in columns.values())])
                )
            else:
                lines.append(stays.get(title, _line([title, *["—"] * len(columns)])))
        return "\n".join(lines) + (self._note(results) if self.note else "")

    def _note(self, results: Mapping[str, Result]) -> str:
        rows = self.rows or {}
        measured = [results[entry] for entry in rows.values() if entry in results]
        unmeasured = [title for title, entry in rows.items() if entry not in results]
        sentences = [measured_note(measured)] if measured else []
        sentences += [f"Not measured there, but before: {'; '.join(unmeasured)}."] if unmeasured else []
        return "\n\n" + " ".join(sentences)


def _rows_of(table: str) -> dict[str, str]:
    """The lines of a Markdown table by their first cells."""
    lines = (line for line in table.splitlines() if line.startswith("| "))
    return {line[2:].partition(" | ")[0]: line for line in lines}


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _filled(form: str, values: Mapping[str, Any]) -> str:
    try:
        return form.format(**values)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FigureError(f"{form!r} cannot be filled: {error!r}") from error


def measured_note(results: Sequence[Result]) -> str:
    """A sentence on the commits, the days and the machines of results.

    >>> measured_note([Result("a", False, "abc1234", "2026-01-02T10:00:00+00:00", 1, "2 cores, X", 0.5, {})])
    'Measured at `abc1234` on 2026-01-02 (2 cores, X).'
    """
    commits = ", ".join(f"`{commit}`" for commit in dict.fromkeys(result.commit for result in results))
    days = sorted({result.date[:10] for result in results})
    machines = ", ".join(dict.fromkeys(result.machine for result in results))
    day = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"Measured at {commits} on {day} ({machines})."


def read_figures(path: Path = DESCRIPTION) -> dict[str, Figure]:
    """The figures that a file describes, by name. Raises FigureError."""
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return {name: Figure(name, **fields) for name, fields in described.items()}
    except TypeError as error:
        raise FigureError(f"{path.name}: {error}") from error


def documents(root: Path = ROOT) -> list[Path]:
    """The cards and documents that have figures."""
    files = [root / "README.md", *(root / "docs").rglob("*.md"), *root.glob("*/**/model/README.md")]
    return sorted(path for path in files if _MARKED.search(path.read_text(encoding="utf-8")))


def with_figures(text: str, figures: Mapping[str, Figure], results: Mapping[str, Result]) -> str:
    """A document with its figures made anew; all other text stays. Raises FigureError.

    So does what of a figure has no result.

    >>> result = Result("cosqa", False, "", "", 0, "", 0, {"mrr": 0.5618})
    >>> figures = {"best": Figure("best", text="{cosqa[mrr]:.3f}")}
    >>> with_figures("MRR <!-- figures: best -->0.5<!-- /figures -->.", figures, {"cosqa": result})
    'MRR <!-- figures: best -->0.562<!-- /figures -->.'
    """

    def made(marked: re.Match[str]) -> str:
        name = marked["name"]
        if name not in figures:
            raise FigureError(f"There is no figure {name!r}; there are {', '.join(figures)}.")
        space, present = marked["space"], marked["text"].strip("\n")
        return f"{marked['begin']}{space}{figures[name].rendered(results, present)}{space}{marked['end']}"

    return _MARKED.sub(made, text)


def written(root: Path = ROOT, results: Path | None = None) -> dict[Path, str]:
    """Each document that has figures, as it ought to be. Raises FigureError."""
    figures = read_figures()
    measured = latest(read_results(results) if results else read_results())
    return {
        path: with_figures(path.read_text(encoding="utf-8"), figures, measured) for path in documents(root)
    }
