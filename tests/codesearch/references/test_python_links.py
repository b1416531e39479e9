"""What the names in files of Python refer to."""

import pytest

from tests.codesearch.references.linking import linked

SHOP = {
    "shop/__init__.py": "from shop.prices import PriceList as Prices\n",
    "shop/prices.py": """from dataclasses import dataclass


class Base:
    def load(self):
        return self

    def total(self):
        raise NotImplementedError


class PriceList(Base):
    factor = 2

    def __init__(self, rows):
        self.rows = rows
        self.log = Log()

    def total(self):
        self.log.note("total")
        return super().load().factor * VAT

    @property
    def logger(self):
        return self.log

    @classmethod
    def empty(cls) -> "PriceList":
        return cls([])


class Log:
    def note(self, text): ...


VAT = 3
""",
    "shop/use.py": """import shop.prices
from . import prices as p
from shop import Prices
from elsewhere import Thing


def build(rows, given: "Prices"):
    made = Prices(rows=rows)
    made.total()
    made.logger.note("x")
    given.rows
    p.VAT + shop.prices.VAT
    Prices.empty().total()
    for each in [made]:
        each.total()
    Thing().total()
    rows.note("a guess")
    rows.append(1)
""",
}


@pytest.fixture(scope="module")
def links():
    return linked(SHOP)


@pytest.mark.parametrize(
    ("name", "role", "target"),
    [
        ("Prices", "import", "shop/prices.py PriceList"),
        ("Prices", "call", "shop/prices.py PriceList"),
        ("Prices", "type", "shop/prices.py PriceList"),
        ("prices", "import", "shop/prices.py"),
        ("made", "use", "shop/use.py build.made"),
        ("total", "call", "shop/prices.py PriceList.total"),
        ("note", "call", "shop/prices.py Log.note"),
        ("VAT", "use", "shop/prices.py VAT"),
        ("empty", "call", "shop/prices.py PriceList.empty"),
        ("rows", "use", "shop/prices.py PriceList.rows"),
        ("rows", "use", "shop/prices.py PriceList.__init__.rows"),
    ],
)
def test_a_name_means_what_was_imported_inferred_or_passed(links, name, role, target):
    assert (name, role, target) in {(one[0], one[1], one[3]) for one in links["shop/use.py"]}


def test_self_and_super_mean_the_class_and_its_bases(links):
    found = links["shop/prices.py"]
    assert ("log", "use", "PriceList.total", "shop/prices.py PriceList.log") in found
    assert ("load", "call", "PriceList.total", "shop/prices.py Base.load") in found
    assert ("Base", "inherit", "PriceList", "shop/prices.py Base") in found
    assert ("total", "override", "PriceList.total", "shop/prices.py Base.total") in found


def test_what_comes_from_elsewhere_is_no_guess_and_what_has_no_known_type_is_one(links):
    guesses = {(one[0], one[3]) for one in links["shop/use.py"] if one[1].startswith("?")}
    assert guesses == {("note", "shop/prices.py Log.note")}
    assert not any(one[0] in ("Thing", "append") for one in links["shop/use.py"])


def test_a_name_that_is_assigned_again_means_the_last_assignment_above():
    classes = "class A:\n    def go(self): ...\nclass B:\n    def go(self): ...\n"
    uses = "def f():\n    x = A()\n    x.go()\n    x = B()\n    x.go()\n"
    found = linked({"a.py": classes + uses})["a.py"]
    assert {one[3] for one in found if one[0] == "go"} == {"a.py A.go", "a.py B.go"}


def test_modules_that_import_each_other_and_classes_that_inherit_in_a_circle_end():
    found = linked(
        {
            "a.py": "from b import *\nclass A(B): ...\nA().nothing\n",
            "b.py": "from a import *\nclass B(A): ...\nx = x.y\n",
        }
    )
    assert ("B", "inherit", "A", "b.py B") in found["a.py"]
    assert ("A", "inherit", "B", "a.py A") in found["b.py"]


def test_syntax_nested_too_deeply_is_passed_over():
    found = linked({"a.py": "def f(): ...\n" + "(" * 5_000 + ")" * 5_000 + "\nf()\n"})
    assert found.get("a.py", set()) <= {("f", "call", "", "a.py f")}


def test_columns_count_characters():
    found = linked({"a.py": 'def grün(): ...\nx = "äöü", grün()\n'})["a.py"]
    assert ("grün", "call", "", "a.py grün") in found
