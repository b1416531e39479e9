"""Every line is found, as grep would find it, and belongs to the unit that a reader would name."""

import random
import subprocess
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import django
import pytest

from codesearch.indexing import vectors
from codesearch.models import Blob
from codesearch.retrieval import occurrences as module
from codesearch.retrieval import search
from codesearch.retrieval.occurrences import occurrences
from codesearch.retrieval.query import parse_query
from tests.conftest import write_files

pytestmark = pytest.mark.django_db

C = """#include <stdio.h>
/* Adds two numbers. */
static int counter = 0;

int add(int a, int b)
{
    return a + b;
}

static int other = 1;
"""


def found(raw, **options):
    return {
        (hit.candidate.kind, hit.candidate.name, *hit.candidate.lines)
        for hit in search(raw, limit=100, **options).hits
    }


@pytest.fixture(autouse=True)
def _no_vectors(monkeypatch):
    """What stands in a text has nothing to do with its meaning."""
    monkeypatch.setattr(vectors, "target_indexes", lambda: [])


@pytest.fixture
def _small(index, tmp_path):
    files = {
        "c/add.c": C,
        "a.ts": '/** Formats money. */\nexport function f() {\n  return `say "hi"`;\n}\n',
        "b.py": "import os\nimport sys\n\n\nclass A:\n    def m(self):\n        return os.sep\n\n"
        "    def n(self):\n        return sys.path  # TODO\n",
        "en.json": "{\n" + ",\n".join(f'  "key.{number}": "v{number}"' for number in range(3_000)) + "\n}\n",
        "big.py": "TABLE = {\n"
        + "\n".join(f"    'k{number}': {number}," for number in range(5_000))
        + "\n}\n",
    }
    index(write_files(tmp_path / "small", files), "small")


@pytest.mark.usefixtures("_small")
def test_lines_outside_of_units_are_found():
    assert ("file", "a.ts", 1) in found('"Formats money"')
    assert found('"import os"') == {("file", "b.py", 1)}
    assert found('"import" lang:python') == {("file", "b.py", 1, 2)}
    assert found(r'"say \"hi\""') == {("function", "f", 3)}
    assert {kind for kind, *_ in found('"Adds two numbers"')} <= {"file", "module"}


@pytest.mark.usefixtures("_small")
def test_long_files_and_large_units_are_found_to_their_ends():
    assert {
        lines for _, _, *lines in [(a, b, *c) for a, b, *c in found('"key.2999"')] for lines in lines
    } == {3001}
    assert [hit.candidate.lines for hit in search("\"'k4999': 4999\"").hits] == [(5001,)]


@pytest.mark.usefixtures("_small")
def test_what_is_left_of_a_module_has_no_lines_of_a_function_inside():
    assert found('"return a + b;"') == {("function", "add", 7)}
    assert found('"return a + b;" kind:module') == set()


@pytest.mark.usefixtures("_small")
def test_a_line_belongs_to_the_innermost_unit_that_meets_the_filters():
    assert found('"os.sep"') == {("method", "m", 7)}
    assert found('"os.sep" kind:class') == {("class", "A", 7)}
    assert found('"os.sep" "sys.path"') == {("class", "A", 7, 10)}
    assert found('"import sys" "os.sep"') == {("file", "b.py", 2, 7)}
    assert found('"os.sep" name:n') == set()
    assert found('"return" -"TODO" kind:method') == {("method", "m", 7)}
    assert found('"os.sep" kind:file') == set()


@pytest.mark.usefixtures("_small")
def test_regular_expressions_capitals_and_alternatives():
    assert found(r"/return (os|sys)\.\w+/") == {("method", "m", 7), ("method", "n", 10)}
    assert found(r"/^import S/ case:yes") == set()
    assert found(r"/^import S/") == {("file", "b.py", 2)}
    assert found('"os.sep" OR "sys.path"') == {("method", "m", 7), ("method", "n", 10)}
    assert found("todo OR name:m") == {("method", "n"), ("method", "m"), ("class", "A")}
    assert found(r"/return/ -/TODO$/ path:b.py") == {("method", "m", 7)}


@pytest.mark.usefixtures("_small")
def test_lists_are_whole_and_paged():
    result = search("/'k\\d+': \\d+,$/ OR \"v12\"", limit=3)
    assert result.exhaustive
    assert result.total == sum(result.facets["kind"].values())
    everything = search("kind:passage", limit=1_000)
    assert everything.exhaustive
    assert everything.total == len(everything.hits) > 50
    paged = [
        hit
        for offset in range(0, everything.total, 40)
        for hit in search("kind:passage", offset=offset, limit=40).hits
    ]
    assert [hit.candidate.id for hit in paged] == [hit.candidate.id for hit in everything.hits]
    assert [hit.rank for hit in paged] == list(range(1, everything.total + 1))
    assert not search("a table of numbers").exhaustive


@pytest.mark.usefixtures("_small")
def test_texts_that_were_stored_without_signature_are_read():
    before = found('"os.sep"'), found('"Formats money"')
    Blob.objects.update(trigrams=None)
    assert (found('"os.sep"'), found('"Formats money"')) == before


@pytest.mark.usefixtures("_small")
def test_a_search_that_takes_too_long_tells_that_there_may_be_more(monkeypatch):
    moments = count(0, 100)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    result = search('"return"')
    assert not result.exhaustive
    assert "may be more" in result.notice


def quoted(line: str) -> str:
    return '"' + line.replace('"', '\\"') + '"'


def test_random_lines_are_found_as_grep_finds_them(index, tmp_path):
    package = Path(django.__file__).parent
    root = tmp_path / "package"
    for name in ("dispatch", "forms", "utils"):
        for path in sorted((package / name).rglob("*.*")):
            if path.suffix in (".py", ".html", ".txt") and path.stat().st_size:
                write_files(root, {str(path.relative_to(package)): path.read_text(encoding="utf-8")})
    index(root, "package")
    lines = sorted(
        {
            line
            for path in root.rglob("*.*")
            for line in path.read_text(encoding="utf-8").split("\n")
            if line.strip()
        }
    )
    for line in random.Random(7).sample(lines, 60):
        grep = subprocess.run(
            ["grep", "-rnF", "--", line, "."], cwd=root, capture_output=True, text=True, check=True
        )
        expected = {
            (path.removeprefix("./"), int(number))
            for path, number, _ in (row.split(":", 2) for row in grep.stdout.splitlines())
        }
        result = occurrences(parse_query(f"{quoted(line)} case:yes"))
        assert {(match.path, number) for match in result.matches for number in match.lines} == expected, line
