"""Text that is not code: which format a file has, and where its passages begin."""

import pytest

from codesearch.parsing import language_label, language_of, may_be_read, parse_file


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("README.md", "markdown"),
        ("docs/a.RST", "rst"),
        ("README", "text"),
        ("readme", None),
        ("src/Dockerfile", "shell"),
        ("Dockerfile.dev", "shell"),
        ("app.dockerfile", "shell"),
        ("GNUmakefile", "shell"),
        ("go.mod", "code"),
        (".editorconfig", "ini"),
        ("kernel.cu", "code"),
        ("Podfile", "ruby"),
        ("Gemfile", "ruby"),
        ("Rakefile", "ruby"),
        ("a.py", "python"),
        ("a.PYI", "python"),
        ("a.tsx", "typescript"),
        ("a.h", "c"),
        ("a.hpp", "cpp"),
        ("main.tf", "terraform"),
        ("a.png", None),
        ("noextension", None),
        ("", None),
        ("größe.json", "json"),
    ],
)
def test_a_name_says_what_a_file_is_written_in(path, language):
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("name", "label"), [("cpp", "C++"), ("rst", "reStructuredText"), ("csharp", "C#"), ("klingon", "klingon")]
)
def test_a_language_is_called_as_people_write_it(name, label):
    assert language_label(name) == label


def passages(path, text):
    return [(unit.name, unit.start_line, unit.end_line) for unit in parse_file(path, text).units]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.md", "", []),
        ("a.md", "\n \n", []),
        ("a.md", "text", [("text", 1, 1)]),
        ("a.md", "#no heading\n# One\n## Two", [("no heading", 1, 1), ("One", 2, 2), ("Two", 3, 3)]),
        (
            "a.md",
            "before\n# One\n####### none\n###### Six\n",
            [("before", 1, 1), ("One", 2, 3), ("Six", 4, 4)],
        ),
        ("a.rst", "One\n===\ntext\n\nTwo\n---\ntext\n", [("One", 1, 4), ("Two", 5, 7)]),
        ("a.rst", "One\n===\n\n----\n\ntext\n", [("One", 1, 6)]),
        ("a.yaml", "a:\n" + "  - x\n" * 5 + "b: 1\n", [("a", 1, 6), ("b: 1", 7, 7)]),
        ("a.yaml", "a:\n" + "  b:\n" * 8, [("a", 1, 9)]),
        ("a.sql", "-- t\n" + "\n" * 5 + "Create table t;\n", [("t", 1, 6), ("Create table t;", 7, 7)]),
        ("a.sql", "-- t\n" + "\n" * 5 + "created_at\n", [("t", 1, 7)]),
        ("a.kt", "fun a() {\n" + "  x\n" * 4 + "}\nfun b()\n", [("fun a()", 1, 6), ("fun b()", 7, 7)]),
        ("a.txt", "one\n" * 5 + "\ntwo\n", [("one", 1, 6), ("two", 7, 7)]),
        ("a.txt", "one\n" * 4 + "\ntwo\n", [("one", 1, 6)]),
        ("a.txt", "-" * 5 + "\n", [("a.txt", 1, 1)]),
    ],
)
def test_passages_begin_where_the_text_does(path, text, expected):
    assert passages(path, text) == expected


@pytest.mark.parametrize(("lines", "starts"), [(6, [1, 8]), (5, [1, 7]), (4, [1])])
def test_tables_begin_passages_once_these_have_six_lines(lines, starts):
    text = "[a]\n" + "x = 1\n" * lines + "[b]\ny = 1\n"
    assert [start for _, start, _ in passages("a.toml", text)] == starts


def test_text_without_any_structure_is_cut_at_fifty_lines():
    found = passages("a.kt", "  x\n" * 120)
    assert [(start, end) for _, start, end in found] == [(1, 50), (51, 100), (101, 120)]


def test_long_text_is_cut_at_its_last_blank_line():
    text = "  x\n" * 30 + "\n" + "  x\n" * 40
    assert [(start, end) for _, start, end in passages("a.kt", text)] == [(1, 31), (32, 71)]


def test_passages_of_a_long_text_are_larger_and_leave_nothing_out():
    found = passages("a.md", "# x\n" * 1_500)
    assert len(found) <= 400
    assert [(start, end) for _, start, end in found[:2]] == [(1, 4), (5, 8)]
    assert found[-1][2] == 1_500


def test_a_line_ends_with_a_line_feed_alone():
    text = "before\fand\x0bafter\u2028\x85\n" * 8 + "# One\ntext\n"
    assert passages("a.md", text)[-1] == ("One", 9, 10)


@pytest.mark.parametrize(
    ("first", "language"),
    [
        ("#!/usr/bin/env python3", "python"),
        ("#!/bin/sh -e", "shell"),
        ("#!/usr/bin/env -S node --flag", "javascript"),
        ("#! /usr/bin/perl", "code"),
        ("#!/usr/bin/unknown", None),
        ("no script", None),
    ],
)
def test_a_script_tells_its_language(first, language):
    assert language_of("bin/tool", f"{first}\nx = 1\n") == language
    assert language_of("bin/tool.dat", f"{first}\n") is None
    assert may_be_read("bin/tool")
    assert not may_be_read("tool.png")


def test_a_setting_says_what_extensions_are(settings):
    settings.SOURCE_LANGUAGES = {".inc": "php", "Jakefile": "javascript", ".h": "cpp"}
    assert [language_of(path) for path in ("a.INC", "x/Jakefile", "a.h")] == ["php", "javascript", "cpp"]
    assert {unit.name for unit in parse_file("a.h", "class A { int f() { return 1; } };\n").units} >= {
        "A",
        "f",
    }
    assert [unit.name for unit in parse_file("a.inc", "<?php\nfunction f() { return 1; }\n").units] == ["f"]


def test_a_passage_is_called_after_its_file_and_first_line_shortened():
    (unit,) = parse_file("docs/a.md", "# " + "long " * 200).units
    assert unit.name == ("long " * 200)[:200]
    assert unit.qualified_name.startswith("a.md: long long")
    assert (unit.kind, unit.signature, unit.documentation, unit.tree) == ("passage", "", "", None)


class TestModules:
    """What stands outside of all definitions."""

    def module(self, path, text):
        return [unit for unit in parse_file(path, text).units if unit.kind == "module"]

    @pytest.mark.parametrize(
        ("path", "name", "qualified"),
        [
            ("shop/prices.py", "prices", "shop.prices"),
            ("shop/__init__.py", "shop", "shop.__init__"),
            ("src/button/index.ts", "button", "src.button.index"),
            ("index.js", "index", "index"),
            ("src/net/mod.rs", "net", "src.net.mod"),
        ],
    )
    def test_it_is_called_after_its_file_or_folder(self, path, name, qualified):
        comment = "#" if path.endswith("py") else "//"
        (unit,) = self.module(path, f"{comment} What this is.\n")
        assert (unit.name, unit.qualified_name, unit.documentation) == (name, qualified, "What this is.")

    @pytest.mark.parametrize(
        "text", ["import os\n\ndef f():\n    pass\n", "# note\ndef f():\n    pass\n", "def f():\n    pass\n"]
    )
    def test_imports_and_comments_beside_definitions_are_no_unit(self, text):
        assert self.module("a.py", text) == []

    def test_imports_alone_are_one_since_the_file_has_nothing_else(self):
        (unit,) = self.module("a.py", "import os\nimport re\n")
        assert unit.code == "import os\nimport re"

    @pytest.mark.parametrize("mark", ["Licensed under the Apache License", "Copyright 2020 Somebody"])
    def test_a_licence_is_no_documentation(self, mark):
        (unit,) = self.module("a.js", f"// {mark}\nconst LIMIT = 3;\n")
        assert unit.documentation == ""

    def test_long_modules_are_cut_into_stretches_and_the_first_has_the_documentation(self):
        text = '"""All of it."""\n' + "".join(f"x{number} = {number}\n" for number in range(100))
        units = self.module("a.py", text)
        assert [(unit.start_line, unit.end_line) for unit in units] == [(1, 60), (61, 101)]
        assert [unit.documentation for unit in units] == ["All of it.", ""]

    def test_what_is_between_definitions_is_joined(self):
        (unit,) = self.module("a.py", "A = 1\n\ndef f():\n    pass\n\nB = 'ü'\n")
        assert unit.code == "A = 1\nB = 'ü'"
        # The bytes of the file that each piece is, and where it is in the code.
        assert [tuple(segment) for segment in unit.segments] == [(0, 5, 0), (26, 34, 6)]
