"""What is stored at a build, and read of what is served."""

import pytest

from codesearch import selectors
from codesearch.models import FileReferences, Repository
from codesearch.references import reading
from tests.conftest import write_files

pytestmark = pytest.mark.django_db

FILES = {
    "lib/food.py": "class Food:\n    def serve(self):\n        return 1\n",
    "lib/use.py": "from lib.food import Food\n\n\ndef lunch():\n    return Food().serve()\n",
    "lib/other.py": "def other():\n    return 2\n",
}


def symbol(path, name):
    found = reading.symbol_named("zoo", path, name)
    assert found is not None
    return found


def places(path, name):
    found = reading.references_to("zoo", symbol(path, name)).references
    return [(one.place.path, one.place.line, one.role, one.within) for one in found]


def test_references_and_definitions_of_what_is_served(index, tmp_path):
    index(write_files(tmp_path / "zoo", FILES), "zoo")
    assert places("lib/food.py", "Food") == [
        ("lib/use.py", 1, "import", ""),
        ("lib/use.py", 5, "call", "lunch"),
    ]
    assert places("lib/food.py", "Food.serve") == [("lib/use.py", 5, "call", "lunch")]
    file = selectors.served_files("zoo").get(path="lib/use.py")
    (met,) = reading.symbols_at(file, 5, 11)
    assert (met.path, met.name, met.kind, met.places[0].line) == ("lib/food.py", "Food", "class", 1)
    assert reading.symbols_at(file, 4, 4)[0].name == "lunch"
    assert not reading.symbols_at(file, 3, 0)
    unit = selectors.served_units().get(name="serve")
    assert reading.symbol_of(unit) == symbol("lib/food.py", "Food.serve")


def test_a_file_whose_names_mean_something_else_now_is_linked_again_and_others_are_not(index, tmp_path):
    folder = write_files(tmp_path / "zoo", FILES)
    index(folder, "zoo")
    before = dict(FileReferences.objects.values_list("file__path", "pk"))
    (folder / "lib" / "food.py").write_text("\n\nclass Food:\n    def eat(self):\n        return 1\n")
    index(folder, "zoo")
    after = dict(FileReferences.objects.values_list("file__path", "pk"))
    assert places("lib/food.py", "Food")[1] == ("lib/use.py", 5, "call", "lunch")
    assert symbol("lib/food.py", "Food").places[0].line == 3
    assert reading.symbol_named("zoo", "lib/food.py", "Food.serve") is None
    assert before.keys() == after.keys()
    assert {path for path in before if before[path] != after[path]} == {"lib/food.py", "lib/use.py"}


def test_an_unchanged_build_links_nothing(index, tmp_path):
    folder = write_files(tmp_path / "zoo", FILES)
    index(folder, "zoo")
    before = set(FileReferences.objects.values_list("pk", "since"))
    index(folder, "zoo")
    assert set(FileReferences.objects.values_list("pk", "since")) == before


def test_a_removed_file_takes_its_references_with_it(index, tmp_path):
    folder = write_files(tmp_path / "zoo", FILES)
    index(folder, "zoo")
    (folder / "lib" / "use.py").unlink()
    index(folder, "zoo")
    assert places("lib/food.py", "Food") == []
    Repository.objects.get().delete()
    assert not FileReferences.objects.exists()
