"""What evaluations are expected to measure: the files that ship, and files that are wrong."""

from pathlib import Path

import pytest
from django.core.management import load_command_class

from evaluation.expectations import FOLDER, ExpectationError, chosen, entry_of, read_entries
from evaluation.prepared_sets import SETS, sets_in

ENTRIES = read_entries()
RUNS = [(entry.name, run) for entry in ENTRIES for run in (entry.full, entry.quick) if run is not None]
WITHOUT_MAKING = {"mined"}


@pytest.mark.parametrize(("name", "run"), RUNS, ids=[name for name, _ in RUNS])
def test_every_command_takes_its_options(name, run, tmp_path):
    folders = {"data": tmp_path, "prepared": tmp_path, "project": tmp_path}
    command, *arguments = run.arguments(folders)
    parser = load_command_class("evaluation", command).create_parser("manage.py", command)
    assert parser.parse_args(arguments)


@pytest.mark.parametrize(("name", "run"), RUNS, ids=[name for name, _ in RUNS])
def test_no_command_names_a_folder_of_a_machine(name, run):
    assert all(not word.startswith("/") for word in run.command.split())
    assert set(sets_in(run.command)) <= set(SETS) | WITHOUT_MAKING


def test_the_quick_set_takes_about_ten_minutes():
    assert 2 < sum(entry.quick.minutes for entry in ENTRIES if entry.quick) <= 12


def test_entries_are_chosen_by_name():
    assert chosen(ENTRIES, []) == ENTRIES
    of_databases = [entry.name for entry in read_entries(area="databases")]
    assert "spider-dev" in of_databases
    assert "cosqa-hybrid" not in of_databases
    assert [entry.name for entry in chosen(ENTRIES, ["spider-dev"])] == ["spider-dev"]
    with pytest.raises(ExpectationError, match="no entry spider-test; there are"):
        chosen(ENTRIES, ["spider-test"])


ROW = {"name": "a", "what": "b", "command": "evaluate_code --limit 3", "expected": {"mrr": 0.5}, "minutes": 1}


def test_a_quick_variant_takes_over_what_it_does_not_say():
    entry = entry_of(ROW | {"tolerance": 0.01, "quick": {"options": "--limit 1", "minutes": 0.1}})
    assert entry.quick.command == "evaluate_code --limit 3 --limit 1"
    assert (entry.quick.expected, entry.quick.tolerance) == ({"mrr": 0.5}, 0.01)
    assert entry_of(ROW).quick is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: a, what: b, command: c, minutes: 1}", "x.yaml, a: 'expected'"),
        ("- {name: a, what: b, command: c, minutes: 1, expected: {}}", "no score is expected"),
        ("- {name: a, what: b, command: c, minutes: 1, expected: {f1: high}}", "could not convert"),
        ("- {name: a, whaat: b}", "no field is called whaat"),
        ("- a", "x.yaml, a"),
        (
            "- &a {name: a, what: b, command: c, minutes: 1, expected: {f1: 1}}\n- *a",
            "several entries named a",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path, text, message):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ExpectationError, match=message):
        read_entries(tmp_path)


def test_the_folder_is_the_packages_own():
    assert Path("evaluation", "expected").parts == FOLDER.parts[-2:]
