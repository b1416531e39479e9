from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.parsing import LANGUAGES, language_of, parse_file

# A file a language, named as what it holds: cases of a title, a source and its units, one a line, as
# kind | qualified name | lines | signature | documentation, whose own lines are parted by a slash.
CASES = sorted((Path(__file__).parent / "units").glob("*.txt"))
PATHS = [file.stem for file in CASES]


def cases(file):
    for block in file.read_text(encoding="utf-8").split("## ")[1:]:
        title, _, rest = block.partition("\n")
        source, _, units = rest.partition("=>\n")
        yield pytest.param(file.stem, source, units.split("\n"), id=f"{file.stem}: {title}")


def as_line(unit):
    documentation = " / ".join(unit.documentation.split("\n")).replace("/  /", "/ /")
    lines = f"{unit.start_line}-{unit.end_line}"
    return " | ".join((unit.kind, unit.qualified_name, lines, unit.signature, documentation)).strip()


@pytest.mark.parametrize(("path", "source", "expected"), [case for file in CASES for case in cases(file)])
def test_units_of_each_language(path, source, expected):
    parsed = parse_file(path, source)
    assert [as_line(unit) for unit in parsed.units if unit.kind != "module"] == [
        line.strip() for line in expected if line.strip()
    ]
    assert parsed.sound


def test_every_language_has_cases():
    assert {language.name for language in LANGUAGES} == {language_of(path) for path in PATHS}
    extensions = [extension for language in LANGUAGES for extension in language.extensions]
    assert len(extensions) == len(set(extensions))


def test_a_class_leaves_its_methods_bodies_to_them():
    source = "class Box:\n    async def get(self):\n        return 1\n"
    unit = next(unit for unit in parse_file("a.py", source).units if unit.kind == "class")
    assert "async def get(self):" in unit.code
    assert "return 1" not in unit.code


def test_units_carry_their_syntax_tree():
    unit = parse_file("a.py", "def f():\n    return 1\n").units[0]
    assert unit.tree is not None
    assert unit.tree.type == "function_definition"


def test_what_is_outside_of_definitions_is_a_module_unit():
    parsed = parse_file(
        "shop/settings.py", '"""Settings of the shop."""\n\nimport os\n\nLIMIT = 3\n\n\ndef f():\n    pass\n'
    )
    module = parsed.units[0]
    assert (module.kind, module.name, module.qualified_name, module.documentation) == (
        "module",
        "settings",
        "shop.settings",
        "Settings of the shop.",
    )
    assert "LIMIT = 3" in module.code
    assert "def f" not in module.code


def test_short_functions_inside_functions_are_not_units():
    parsed = parse_file("a.py", "def outer():\n    def inner():\n        return 1\n    return inner\n")
    assert [unit.name for unit in parsed.units] == ["outer"]


def test_broken_syntax_gives_what_parses():
    parsed = parse_file(
        "a.py",
        "def good():\n    return 1\n\n\ndef broken():\n    return 1 +* 2\n\n\n"
        "def also_good():\n    return 2\n",
    )
    assert not parsed.sound
    assert {"good", "also_good"} <= {unit.name for unit in parsed.units}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.py", "x = " + "(" * 10_000 + "1" + ")" * 10_000),
        ("a.js", "function f(){" * 10_000 + "}" * 10_000),
        ("a.c", "void f() {" + "{" * 10_000 + "}" * 10_000 + "}"),
        ("a.json", "[" * 10_000 + "]" * 10_000),
    ],
)
def test_deep_nesting(path, source):
    assert parse_file(path, source).units


def test_a_function_of_50_000_lines():
    parsed = parse_file("a.py", "def long():\n" + "    x = 1\n" * 50_000)
    assert [(unit.name, unit.end_line) for unit in parsed.units] == [("long", 50_001)]


@given(st.text(max_size=300), st.sampled_from(PATHS))
def test_nothing_makes_parsing_fail(text, path):
    for unit in parse_file(path, text).units:
        assert 1 <= unit.start_line <= unit.end_line


class TestPassages:
    def test_markdown_is_cut_at_headings(self):
        parsed = parse_file("README.md", "# Shop\n\nText.\n\n## Install\n\nRun it.\n")
        assert [(unit.name, unit.start_line, unit.end_line) for unit in parsed.units] == [
            ("Shop", 1, 4),
            ("Install", 5, 7),
        ]

    def test_long_text_is_cut_at_blank_lines(self):
        parsed = parse_file("a.txt", "\n\n".join(f"line {number}" for number in range(200)))
        assert all(unit.end_line - unit.start_line < 60 for unit in parsed.units)
        assert parsed.units[-1].code.endswith("line 199")

    def test_sql_is_cut_at_statements(self):
        statement = "CREATE TABLE t{0} (\n  a int,\n  b int,\n  c int,\n  d int\n);\n\n"
        parsed = parse_file("schema.sql", statement.format(1) + statement.format(2))
        assert [unit.code.split()[2] for unit in parsed.units] == ["t1", "t2"]
