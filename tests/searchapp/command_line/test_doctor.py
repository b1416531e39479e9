"""What the doctor finds on this machine."""

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from searchapp.command_line import doctor
from searchapp.command_line.doctor import State
from searchapp.jobs.models import Job


def found(look):
    """The states of what a look finds, and what it says."""
    findings = list(look)
    return [finding.state for finding in findings], " ".join(finding.line for finding in findings)


def test_a_package_that_is_missing_is_told_with_its_command(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "pyoxigraph" else name)
    assert "pip install pyoxigraph" in found(doctor._python())[1]


def test_git_is_wanted_but_not_needed(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    assert found(doctor._programs())[0] == [State.DOUBTFUL]


def test_a_data_folder_that_cannot_be_made_is_wrong(tmp_path):
    (tmp_path / "file").write_text("")
    states, said = found(doctor._data_folder(tmp_path / "file" / "data"))
    assert states == [State.WRONG]
    assert "DATA_DIR" in said
    assert found(doctor._data_folder(tmp_path / "data"))[0] == [State.GOOD]


def test_pages_that_are_not_built_are_told(monkeypatch):
    monkeypatch.setattr(finders, "find", lambda _: None)
    assert "make frontend" in found(doctor._pages())[1]


@pytest.mark.django_db
def test_jobs_that_wait_or_failed_are_told():
    assert found(doctor._jobs())[0] == [State.GOOD]
    Job.objects.create(kind="a", subject="graph:1", title="Load x", state="failed", error="No such file.")
    waiting = Job.objects.create(kind="a", subject="graph:2", title="Load y", state="queued")
    Job.objects.filter(pk=waiting.pk).update(enqueued=timezone.now() - 2 * doctor._WAITS_TOO_LONG)
    states, said = found(doctor._jobs())
    assert states == [State.WRONG, State.DOUBTFUL]
    assert "No such file." in said
    # What failed and was done again is in order.
    Job.objects.filter(pk=waiting.pk).delete()
    Job.objects.create(kind="a", subject="graph:1", title="Load x", state="succeeded")
    assert found(doctor._jobs())[0] == [State.GOOD]


@pytest.mark.django_db
def test_an_installation_without_sources_says_how_to_add_some():
    assert "searchapp index" in found(doctor._ready())[1]
    assert found(doctor._tables())[0] == [State.GOOD]
