"""Expected scores beside measured ones, with commands that only pretend to measure."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluation.expectations import Entry, Run
from evaluation.management.commands import check_expected
from evaluation.results import Result, is_kept_for, latest, machine_name, present_commit, read_results
from evaluation.verification import (
    CommandFailed,
    Verdict,
    Verification,
    compare,
    measured_in_subprocess,
    missing_files,
    scores_in,
    verdict_of,
)

FULL = Run("evaluate_code --corpus $data/corpus.jsonl", {"mrr": 0.5}, 0.01, 1)
QUICK = Run("evaluate_code --corpus $data/corpus.jsonl --limit 9", {"mrr": 0.7}, 0.05, 0.1)
ENTRY = Entry("cosqa", "CosQA", FULL, QUICK)


class Measure:
    """Prints the scores given, and remembers what it was asked."""

    def __init__(self, scores):
        self.scores, self.calls = scores, []

    def __call__(self, arguments):
        self.calls.append(arguments)
        return self.scores


@pytest.fixture
def checked(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "corpus.jsonl").touch()

    def make(**options):
        folders = {"data": tmp_path / "data", "prepared": tmp_path / "p", "project": tmp_path / "c"}
        return Verification(folders, tmp_path / "results", options.pop("commit", "abc1234"), **options)

    return make


def compared(verification, measure, entry=ENTRY):
    return verification.compared(entry, verification.run_of(entry), measure)


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [(0.5, "OK"), (0.51, "OK"), (0.49, "OK"), (0.4899, "FELL"), (0.5101, "ROSE"), (0.0, "FELL")],
)
def test_a_score_holds_within_its_tolerance(measured, verdict):
    assert verdict_of(0.5, measured, 0.01) == verdict


def test_what_should_be_little_falls_where_it_grows():
    run = Run("evaluate_focus", {"columns_kept": 0.2, "by/columns_kept": 0.2}, 0.01, 1)
    result = Result("focus", False, "", "", 0, "", 0, {"columns_kept": 0.3, "by": {"columns_kept": 0.1}})
    assert [each.verdict for each in compare("focus", run, result)] == [Verdict.FELL, Verdict.ROSE]


def test_a_score_that_is_not_printed_is_no_score():
    (comparison,) = compare("cosqa", FULL, Result("cosqa", False, "", "", 0, "", 0, {"mr": 0.5}))
    assert str(comparison) == "[FAILED] cosqa: the command prints no mrr"


def test_a_commit_is_measured_once(checked, tmp_path):
    measure = Measure({"mrr": 0.502})
    for _ in range(2):
        (comparison,) = compared(checked(), measure)
        assert str(comparison) == "[OK] cosqa mrr: expected 0.5, found 0.502 (± 0.01)"
    assert measure.calls == [["evaluate_code", "--corpus", str(tmp_path / "data" / "corpus.jsonl")]]
    compared(checked(commit="def5678"), measure)
    compared(checked(again=True), measure)
    compared(checked(commit="abc1234-changed"), measure)
    compared(checked(commit="abc1234-changed"), measure)
    assert len(measure.calls) == 5
    names = {path.name for path in (tmp_path / "results").iterdir()}
    assert names == {"abc1234.jsonl", "def5678.jsonl", "abc1234-changed.jsonl"}


def test_quick_and_full_results_are_apart(checked, tmp_path):
    measure = Measure({"mrr": 0.5})
    (full,), (quick,) = compared(checked(), measure), compared(checked(quick=True), measure)
    assert (full.verdict, quick.verdict) == (Verdict.OK, Verdict.FELL)
    assert measure.calls[1][-2:] == ["--limit", "9"]
    results = read_results(tmp_path / "results")
    assert [result.quick for result in results] == [False, True]
    assert latest(results)["cosqa"].measures == {"mrr": 0.5}
    assert checked(quick=True).run_of(Entry("a", "b", FULL)) is None


def test_a_quick_variant_that_is_the_whole_is_measured_once(checked):
    measure, entry = Measure({"mrr": 0.5}), Entry("cosqa", "CosQA", FULL, FULL)
    assert compared(checked(), measure, entry) == compared(checked(quick=True), measure, entry)
    assert len(measure.calls) == 1


def test_the_latest_result_counts():
    results = [Result("a", False, commit, "", 0, "", 0, {}) for commit in ("one", "two")]
    assert latest(results)["a"].commit == "two"
    assert latest(results, quick=True) == {}


def test_what_has_no_data_is_left_out(checked, tmp_path):
    (tmp_path / "data" / "corpus.jsonl").unlink()
    (comparison,) = compared(checked(), Measure({}))
    assert comparison.verdict == Verdict.LEFT_OUT
    assert "corpus.jsonl" in comparison.reason
    folders = {"data": tmp_path / "data"}
    assert missing_files([f"shipped={tmp_path / 'data' / 'm'}", "--limit", "3", "/other"], folders)


def test_a_command_that_fails_is_told(checked):
    def fail(arguments):
        raise CommandFailed("it ended")

    (comparison,) = compared(checked(), fail)
    assert str(comparison) == "[FAILED] cosqa: it ended"


def test_scores_are_the_last_line():
    assert scores_in('| a |\n{"f1": 1}\n') == {"f1": 1}
    for output in ("", "no", "[1]"):
        with pytest.raises(CommandFailed, match="last line"):
            scores_in(output)


def test_a_command_runs_in_a_process_of_its_own():
    with pytest.raises(CommandFailed, match="ended with"):
        measured_in_subprocess(["no_such_command", "--help"])


def test_scores_are_found_by_their_paths():
    result = Result(
        "a", False, "", "", 0, "", 0, {"m": {"corpus, bare": 0.5}, "classes": {"easy": [1, 2]}, "s": "x"}
    )
    assert result.score("m/corpus, bare") == 0.5
    assert result.score("classes/easy/1") == 2
    assert [result.score(path) for path in ("m", "s", "m/none", "classes/easy/7", "s/1/2")] == [None] * 5


def test_only_a_clean_checkout_is_known_by_its_commit():
    assert is_kept_for("abc1234")
    assert not is_kept_for("abc1234-changed")
    assert not is_kept_for("unknown")
    assert present_commit()
    assert "core" in machine_name()


@pytest.fixture
def command(checked, tmp_path, monkeypatch):
    checked()

    def run(scores, *arguments):
        entry = Entry("a", "b", Run(FULL.command, {"mrr": 0.5}, 0.005, 1))
        monkeypatch.setattr(
            check_expected, "read_entries", lambda area: [entry] if area in ("*", "graphs") else []
        )
        monkeypatch.setattr(check_expected, "measured_in_subprocess", Measure(scores))
        out = StringIO()
        (tmp_path / "data").mkdir(exist_ok=True)
        folders = {"data": tmp_path / "data", "results": tmp_path / "r", "prepared": tmp_path / "p"}
        options = [f"--{name}={folder}" for name, folder in folders.items()]
        try:
            call_command("check_expected", *options, "--again", *arguments, stdout=out)
        finally:
            run.output = out.getvalue()
        return run.output

    return run


def test_one_command_says_what_holds_and_what_fell(command, tmp_path):
    output = command({"mrr": 0.5})
    assert "[OK] a mrr: expected 0.5, found 0.5 (± 0.005)" in output
    assert ": 1 ok." in output
    (kept,) = (tmp_path / "r").iterdir()
    assert json.loads(kept.read_text())["measures"] == {"mrr": 0.5}
    assert "[ROSE]" in command({"mrr": 0.9})
    with pytest.raises(CommandError) as fell:
        command({"mrr": 0.1})
    assert fell.value.returncode == 1
    assert "[FELL]" in command.output
    assert "nothing to measure" in command({}, "--quick")
    with pytest.raises(CommandError, match="There is no entry b"):
        command({}, "--only", "b")


def test_a_missing_folder_of_sets_is_named_at_once(command, tmp_path):
    with pytest.raises(CommandError, match=r"There is no folder .*nowhere: --data names"):
        command({"mrr": 0.5}, f"--data={tmp_path / 'nowhere'}")


def test_one_area_is_measured_and_the_figures_are_written(command, monkeypatch):
    wrote = []
    monkeypatch.setattr(check_expected, "call_command", lambda name, **options: wrote.append(name))
    assert "[OK]" in command({"mrr": 0.5}, "--of=graphs")
    assert "nothing to measure" in command({"mrr": 0.5}, "--of=databases")
    assert not wrote
    with pytest.raises(CommandError):
        command({"mrr": 0.1}, "--write")
    assert wrote == ["write_figures"], "also where a score fell"
