"""Figures in cards and documents are those of the committed results."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluation.expectations import read_entries
from evaluation.figures import ROOT, Figure, FigureError, documents, read_figures, with_figures, written
from evaluation.management.commands import write_figures
from evaluation.results import Result

RESULTS = {
    "a": Result(
        "a", False, "abc1234", "2026-01-02T03:00:00", 1, "2 cores, X", 0.5, {"f1": 0.123, "hits@1": 0.9}
    ),
    "b": Result("b", False, "abc1234", "2026-01-04T03:00:00", 1, "2 cores, X", 3.5, {"f1": 1, "hits@1": 0.5}),
}
TABLE = Figure(
    "t",
    head="set",
    columns={"Hits@1": "{hits@1:.2f}"},
    rows={"first": "a", "second": "b", "third": "c", "fourth": "d"},
)


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_have_the_figures_of_the_committed_results(path):
    assert path.read_text() == written()[path], "write_figures was not run"


def test_every_figure_stands_somewhere_and_is_made_of_entries():
    texts = "".join(path.read_text() for path in documents())
    known = {entry.name for entry in read_entries()}
    for name, figure in read_figures().items():
        assert f"<!-- figures: {name} -->" in texts, name
        assert figure.entries <= known


def test_a_table_has_a_row_for_each_entry():
    present = "| second | 0.40 |\n| third | 0.30 |\n"
    assert TABLE.rendered(RESULTS, present).splitlines() == [
        "| set | Hits@1 |",
        "| --- | --- |",
        "| first | 0.90 |",
        "| second | 0.50 |",
        "| third | 0.30 |",
        "| fourth | — |",
        "",
        "Measured at `abc1234` on 2026-01-02 to 2026-01-04 (2 cores, X). "
        "Not measured there, but before: third; fourth.",
    ]
    assert TABLE.entries == {"a", "b", "c", "d"}
    assert Figure("s", text="{a[f1][x, y]:.1f} of {b[f1]}").entries == {"a", "b"}


def test_text_around_figures_stays():
    figures = {"t": TABLE, "s": Figure("s", text="{a[f1]:.1f} and {b[f1]}")}
    sentence, table = "<!-- figures: s -->old<!-- /figures -->", "<!-- figures: t -->\nold\n<!-- /figures -->"
    text = f"Before {sentence}, after.\n\n{table}\nEnd\n"
    made = with_figures(text, figures, RESULTS)
    assert made.startswith(
        "Before <!-- figures: s -->0.1 and 1<!-- /figures -->, after.\n\n<!-- figures: t -->\n| set"
    )
    assert made.endswith("\n<!-- /figures -->\nEnd\n")
    assert with_figures(made, figures, RESULTS) == made


def test_what_cannot_be_made_is_said():
    with pytest.raises(FigureError, match="no figure 'x'; there are t"):
        with_figures("<!-- figures: x --><!-- /figures -->", {"t": TABLE}, RESULTS)
    with pytest.raises(FigureError, match="cannot be filled"):
        Figure("s", text="{a[f2]}").rendered(RESULTS)


def test_a_figure_that_is_not_measured_stays():
    text = "<!-- figures: s -->0.5<!-- /figures -->"
    assert with_figures(text, {"s": Figure("s", text="{c[f1]}")}, RESULTS) == text


def test_the_command_writes_what_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(write_figures, "ROOT", tmp_path)
    (tmp_path / "a.md").write_text("old")
    (tmp_path / "b.md").write_text("same")
    texts = {tmp_path / "a.md": "new", tmp_path / "b.md": "same"}
    monkeypatch.setattr(write_figures, "written", lambda results: texts)
    out = StringIO()
    call_command("write_figures", stdout=out)
    assert out.getvalue() == "a.md: written\n"
    assert (tmp_path / "a.md").read_text() == "new"

    def fail(results):
        raise FigureError("no")

    monkeypatch.setattr(write_figures, "written", fail)
    with pytest.raises(CommandError, match="no"):
        call_command("write_figures")


def test_a_malformed_description_is_said(tmp_path):
    (tmp_path / "f.yaml").write_text("a: {texd: x}")
    with pytest.raises(FigureError, match=r"f\.yaml"):
        read_figures(tmp_path / "f.yaml")
