import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesearch.parsing import LANGUAGES, language_of, parse_file

# For each language: a file, and of each unit its kind, qualified name, documentation and lines.
SAMPLES = {
    "a.py": (
        '@cached\ndef add(a, b):\n    """Add two."""\n    return a + b\n\n\nclass Box:\n    """Holds."""\n\n    async def get(self):\n        return 1\n',
        [
            ("function", "add", "Add two.", 1, 4),
            ("class", "Box", "Holds.", 7, 11),
            ("method", "Box.get", "", 10, 11),
        ],
    ),
    "a.js": (
        "/** Uses it. */\napp.use = function (fn) {\n  return fn;\n};\nexport const twice = (x) => {\n  return 2 * x;\n};\nclass A {\n  run() {}\n}\n",
        [
            ("function", "app.use", "Uses it.", 2, 4),
            ("function", "twice", "", 5, 7),
            ("class", "A", "", 8, 10),
            ("method", "A.run", "", 9, 9),
        ],
    ),
    "a.ts": (
        "export interface Shape {\n  area: number;\n}\n// Makes one.\nexport function make<T>(x: T): T {\n  return x;\n}\nexport type Name = string;\n",
        [("class", "Shape", "", 1, 3), ("function", "make", "Makes one.", 5, 7), ("class", "Name", "", 8, 8)],
    ),
    "a.tsx": ("export const Hello = () => <b>hi</b>;\n", [("function", "Hello", "", 1, 1)]),
    "A.java": (
        "package p;\n/** A box. */\npublic class Box {\n  /** Gets it. */\n  @Override\n  public int get() {\n    return 1;\n  }\n  Box() {}\n}\n",
        [
            ("class", "Box", "A box.", 3, 10),
            ("method", "Box.get", "Gets it.", 5, 8),
            ("method", "Box.Box", "", 9, 9),
        ],
    ),
    "a.go": (
        "package p\n\n// Get gets it.\nfunc (b *Box[T]) Get() int {\n\treturn 1\n}\n\n// Box holds.\ntype Box[T any] struct{}\n\nfunc New() {}\n",
        [
            ("method", "Box.Get", "Get gets it.", 4, 6),
            ("class", "Box", "Box holds.", 9, 9),
            ("function", "New", "", 11, 11),
        ],
    ),
    "a.php": (
        "<?php\nclass Box {\n    /** Gets it. */\n    public function get() {\n        return 1;\n    }\n}\nfunction make() {}\n",
        [
            ("class", "Box", "", 2, 7),
            ("method", "Box::get", "Gets it.", 4, 6),
            ("function", "make", "", 8, 8),
        ],
    ),
    "a.rb": (
        "module Shop\n  class Box\n    # Gets it.\n    def get\n      1\n    end\n    def self.make; end\n  end\nend\n",
        [
            ("class", "Shop", "", 1, 9),
            ("class", "Shop::Box", "", 2, 8),
            ("method", "Shop::Box::get", "Gets it.", 4, 6),
            ("method", "Shop::Box::make", "", 7, 7),
        ],
    ),
    "a.rs": (
        "/// A box.\n#[derive(Debug)]\npub struct Crate { x: i32 }\nimpl Crate {\n    /// Gets it.\n    pub fn get(&self) -> i32 { self.x }\n}\nfn make() {}\n",
        [
            ("class", "Crate", "A box.", 3, 3),
            ("method", "Crate::get", "Gets it.", 6, 6),
            ("function", "make", "", 8, 8),
        ],
    ),
    "a.c": (
        "/* Adds. */\nstatic int *add(int a, int b) {\n  return 0;\n}\nstruct point { int x; };\n",
        [("function", "add", "Adds.", 2, 4), ("class", "point", "", 5, 5)],
    ),
    "a.cpp": (
        "namespace shop {\nclass Box {\n public:\n  int get() { return 1; }\n};\ntemplate <class T>\nT twice(T x) { return x; }\n}\nvoid shop::Box::put() {}\n",
        [
            ("class", "shop::Box", "", 2, 5),
            ("method", "shop::Box::get", "", 4, 4),
            ("function", "shop::twice", "", 6, 7),
            ("function", "shop::Box::put", "", 9, 9),
        ],
    ),
    "a.cs": (
        "namespace Shop {\n  public class Box {\n    /// Gets it.\n    public int Get() { return 1; }\n  }\n}\n",
        [("class", "Shop.Box", "", 2, 5), ("method", "Shop.Box.Get", "Gets it.", 4, 4)],
    ),
}


@pytest.mark.parametrize("path", SAMPLES)
def test_units_of_each_language(path):
    source, expected = SAMPLES[path]
    parsed = parse_file(path, source)
    found = [
        (unit.kind, unit.qualified_name, unit.documentation, unit.start_line, unit.end_line)
        for unit in parsed.units
        if unit.kind != "module"
    ]
    assert found == expected
    assert parsed.sound


def test_every_language_has_a_sample():
    tested = {language_of(path) for path in SAMPLES}
    assert {language.name for language in LANGUAGES} == tested
    assert len({extension for language in LANGUAGES for extension in language.extensions}) == sum(
        len(each.extensions) for each in LANGUAGES
    )


def test_signatures():
    assert [
        unit.signature for unit in parse_file("a.go", SAMPLES["a.go"][0]).units if unit.name == "Get"
    ] == ["func (b *Box[T]) Get() int"]
    assert (
        parse_file("a.py", "def f(\n    a: int,\n) -> str:\n    pass\n").units[0].signature
        == "def f( a: int, ) -> str"
    )


def test_a_class_leaves_its_methods_bodies_to_them():
    unit = next(unit for unit in parse_file("a.py", SAMPLES["a.py"][0]).units if unit.kind == "class")
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
        "def good():\n    return 1\n\n\ndef broken():\n    return 1 +* 2\n\n\ndef also_good():\n    return 2\n",
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


@given(st.text(max_size=300), st.sampled_from(sorted(SAMPLES)))
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
