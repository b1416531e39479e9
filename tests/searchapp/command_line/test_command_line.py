"""The command `searchapp`: against a server that answers, one that does not, and on this machine."""

import json
import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import User

from kbqa.sparql.public import Graph
from searchapp.api.models import ApiKey
from searchapp.command_line import output
from searchapp.command_line.app import main
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.kbqa.conftest import FILMS, load

__all__ = ["load"]


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command; gives the status it ended with, what it said, and its errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["searchapp", *arguments])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def server(live_server, monkeypatch):
    """A server, and a key of it that writes, both as the environment tells them."""
    account = User.objects.create_user("program", is_staff=True)
    monkeypatch.setenv("SEARCHAPP_KEY", ApiKey.objects.issue(user=account, name="ci", scope="write")[1])
    monkeypatch.setenv("SEARCHAPP_SERVER", live_server.url)
    return live_server.url


@pytest.fixture
def worker(monkeypatch):
    """Whoever waits for a job lets it run."""

    def work(_):
        for job in Job.objects.filter(state__in=Job.ACTIVE):
            run_stages(job.pk, follow=True)

    monkeypatch.setattr("searchapp.command_line.server.time.sleep", work)


def lines(text):
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_pipe_gets_json_lines(load, server, command):
    load()
    status, said, errors = command("ask", "Who is the director of Falcon?", "--source", "graph:films")
    assert (status, errors) == (0, "")
    (answer,) = lines(said)
    assert answer["rows"][0][0]["text"] == "Marta Falcon"
    assert "director" in answer["sparql"]


def test_a_terminal_gets_tables(load, server, command, monkeypatch):
    load()
    monkeypatch.setattr(output.sys.stdout, "isatty", lambda: True, raising=False)
    _, said, _ = command("ask", "Who is the director of Falcon?", "--source", "graph:films")
    assert "Marta Falcon" in said
    assert "{" not in said.partition("SELECT")[0]


def test_code_is_found(index, shop, server, command):
    index(shop)
    found = lines(command("search", "well formed email address", "lang:python", "--limit", "2")[1])
    assert len(found) == 2
    assert found[0]["qualified_name"] == "is_valid_address"


def test_a_file_is_loaded_to_a_server(transactional_db, server, worker, command, tmp_path):
    file = tmp_path / "films.ttl"
    file.write_text(FILMS)
    status, said, errors = command("load", str(file), "--name", "films")
    assert (status, errors) == (0, "")
    (told,) = lines(said)
    assert (told["source"], told["state"]) == ("graph:films", "succeeded")
    assert Graph.objects.get(slug="films").serving.triples > 0
    status, said, errors = command("load", str(file), "--name", "films")
    assert (status, said) == (1, "")
    assert "films" in errors


def test_a_job_that_fails_ends_the_command(transactional_db, server, worker, command, tmp_path):
    file = tmp_path / "broken.ttl"
    file.write_text("this is no Turtle")
    status, _, errors = command("load", str(file))
    assert status == 1
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("search", "x", "--server", "http://127.0.0.1:1"), "searchapp up"),
        (("search", "x", "--key", "sa_wrong"), "SEARCHAPP_KEY"),
        (("search", "lang:klingon"), "klingon"),
        (("ask", "x", "--source", "graph:none"), "There are none"),
        (("index", "/nowhere"), "git addresses"),
        (("connect", "/nowhere.sqlite"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(transactional_db, server, command, arguments, says):
    status, said, errors = command(*arguments)
    assert (status, said) == (1, "")
    assert says in errors
    assert len(errors.splitlines()) == 1


def test_the_doctor_tells_what_a_server_lacks(load, server, command):
    findings = lines(command("doctor")[1])
    assert [(each["about"], each["state"]) for each in findings] == [
        ("server", "good"),
        ("key", "good"),
        ("sources", "doubtful"),
    ]
    load()
    assert lines(command("doctor")[1])[-1]["message"] == "1 can be asked."
    status, said, _ = command("doctor", "--key", "sa_wrong")
    assert (status, lines(said)[-1]["state"]) == (1, "wrong")


def test_shells_complete_commands():
    program = "import sys; sys.argv[0] = 'searchapp'; from searchapp.command_line.app import main; main()"
    words = {"_SEARCHAPP_COMPLETE": "complete_bash", "COMP_WORDS": "searchapp re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["restore"], done.stderr


def test_a_log_gets_no_frames_of_progress(capsys):
    with output.Output().working("Index") as progress:
        progress("half", 1, 2)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
