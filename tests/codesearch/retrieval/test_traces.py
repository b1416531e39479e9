"""Lines of files as stack traces, compilers and logs name them."""

import pytest

from codesearch.retrieval import parse_query, trace_lines
from codesearch.retrieval.traces import named_lines
from tests.conftest import write_files


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('  File "/srv/shop/prices.py", line 12, in total', "/srv/shop/prices.py", 12),
        ("\tat com.shop.Prices.total(Prices.java:1012)", "com/shop/Prices.java", 1012),
        ("at com.shop.Prices$Row.<init>(Prices.java:7)", "com/shop/Prices.java", 7),
        ("    at total (/srv/app/src/prices.ts:12:3)", "/srv/app/src/prices.ts", 12),
        ("    at async file:///srv/app/src/prices.mjs:12:3", "/srv/app/src/prices.mjs", 12),
        ("webpack:///./src/prices.ts:9:1", "src/prices.ts", 9),
        ("src/a.ts:12:3", "src/a.ts", 12),
        ("src/a.ts(12,3): error TS2322: no", "src/a.ts", 12),
        ("  --> src/main.rs:4:5", "src/main.rs", 4),
        ("\t/home/me/x/main.go:88 +0x1d", "/home/me/x/main.go", 88),
        ("db/db_impl.cc:120: error: no member", "db/db_impl.cc", 120),
        ("   at Shop.Prices.Total() in C:\\work\\Shop\\Prices.cs:line 42", "work/Shop/Prices.cs", 42),
    ],
)
def test_forms(text, path, line):
    assert [(one.path, one.line) for one in named_lines(text)] == [(path, line)]


@pytest.mark.parametrize(
    "text", ["parse a date", "a.b.c", "x:1", "10:30 today", "http://host:8080/x", "std::vector:3"]
)
def test_other_texts_name_no_lines(text):
    assert named_lines(text) == []


@pytest.mark.django_db
def test_the_file_whose_path_ends_most_alike_is_meant(index, tmp_path):
    text = "".join(f"x{number} = {number}\n" for number in range(20))
    index(write_files(tmp_path / "one", {"shop/a.py": text, "other/a.py": text}), "one")
    index(write_files(tmp_path / "two", {"deep/shop/a.py": text}), "two")

    def found(query):
        return [
            (line.repository, line.path, line.line, line.text) for line in trace_lines(parse_query(query))
        ]

    assert found('File "/srv/shop/a.py", line 3') == [
        ("one", "shop/a.py", 3, "x2 = 2"),
        ("two", "deep/shop/a.py", 3, "x2 = 2"),
    ]
    assert found('repo:two File "/srv/shop/a.py", line 3') == [("two", "deep/shop/a.py", 3, "x2 = 2")]
    assert found("other/a.py:99:1") == []
    assert found("a\nother/a.py:7:1\nb") == [("one", "other/a.py", 7, "x6 = 6")]


def test_pasted_code_is_narrowed_by_filters_before_it():
    query = parse_query('repo:shop lang:py\ndef f(x):\n    return "x"')
    assert [(one.field, one.value) for one in query.filters] == [("repo", "shop"), ("lang", "python")]
    assert query.text == 'def f(x):\n    return "x"'
    assert query.is_code
    assert parse_query("x = 1\n# repo:shop").filters == ()
