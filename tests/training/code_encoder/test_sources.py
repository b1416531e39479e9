"""From sources to pairs: sentences, functions alone, duplicates, splits."""

import json
import random
from pathlib import Path

import pytest

from codesearch.parsing import parse_file
from training.code_encoder.corpora import Document, EvaluationQuery, file_name, read_documents, read_queries
from training.code_encoder.mining import (
    MiningReport,
    Selection,
    _DuplicateFilter,
    package_pairs,
    read_pairs,
    split_of,
    write_pairs,
)
from training.code_encoder.mining import _spread as evenly
from training.code_encoder.pairs import Pair, first_sentence, pair_of
from training.code_encoder.query_rewriting import question_like
from training.code_encoder.standalone import file_name_for, standalone, strip_docstrings
from training.json_lines import MalformedFile


def cases(name: str) -> list[list[str]]:
    """The lines of a file of cases, by their columns."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()[1:]
    return [[column.replace("⏎", "\n") for column in line.split("\t")] for line in lines]


def pair(query="Load the rows of a table.", code="def f(): pass", language="python", name="f", package="p"):
    return Pair(query, code, language, package, "a.py", name, query)


# --- sentences and functions alone


@pytest.mark.parametrize(("documentation", "query"), cases("sentences.txt"))
def test_the_query_is_the_first_sentence_of_the_documentation(documentation, query):
    assert first_sentence(documentation) == query


def test_a_long_sentence_is_cut():
    assert len(first_sentence("word " * 200)) <= 300


@pytest.mark.parametrize(("language", "function", "file"), cases("standalone.txt"))
def test_a_function_alone_becomes_a_file_that_parses(language, function, file):
    assert standalone(function, language) == file


@pytest.mark.parametrize(("code", "bare"), cases("docstrings.txt"))
def test_docstrings_go_with_their_lines(code, bare):
    assert strip_docstrings(code) == bare


@pytest.mark.parametrize(
    ("language", "name"),
    [("python", "a.py"), ("javascript", "a.js"), ("cpp", "a.cpp"), ("csharp", "a.cs"), ("cobol", "a.txt")],
)
def test_a_file_is_named_by_its_language(language, name):
    assert file_name_for("a", language) == name
    assert file_name(Document("a", language, "")) == name


# --- what makes a pair: CodeSearchNet, section 2


FUNCTION = '''def {name}(self):
    """{documentation}"""
    value = 1
    return value
'''


def made(path, text, language="python"):
    pairs = (pair_of(unit, language, "p", path) for unit in parse_file(path, text).units)
    return [one for one in pairs if one is not None]


@pytest.mark.parametrize(
    ("name", "documentation", "is_pair"),
    [
        ("load", "Load the rows.", True),
        ("load", "Load rows.", False),
        ("load", "Load 1 2 3 4.", False),
        ("load", "a b c d e f", False),
        ("test_load", "Load the rows.", False),
        ("latest", "Load the rows.", False),
        ("__len__", "Count the rows.", False),
        ("setup", "Load the rows.", False),
        ("load", "TODO load the rows.", False),
        ("load", "Copyright of the author.", False),
        ("load", "Загрузить все строки таблицы.", False),
        ("load", "Load the café's rows of the table.", True),
    ],
)
def test_pairs_are_documented_in_english_and_do_something(name, documentation, is_pair):
    assert bool(made("a.py", FUNCTION.format(name=name, documentation=documentation))) == is_pair


def test_a_constructor_is_no_pair():
    java = """class Box {{
  /** Makes a box of things. */
  public {name}(int a) {{
    this.a = a;
    this.b = a;
  }}
}}"""
    assert made("Box.java", java.format(name="Box"), "java") == []
    assert [one.name for one in made("Box.java", java.format(name="void fill"), "java")] == ["Box.fill"]


def test_a_pair_says_where_it_is_from():
    (one,) = made("lib/a.py", FUNCTION.format(name="load", documentation="Load the rows. Or not."))
    assert (one.query, one.language, one.package, one.path, one.name) == (
        "Load the rows.",
        "python",
        "p",
        "lib/a.py",
        "load",
    )
    assert one.documentation == "Load the rows. Or not."
    assert Pair(**one.as_dict()) == one


# --- mining


BODY = "def f({0}, {1}, {2}):\n    {3} = {0} + {1}\n    return {3} * {2} - {4} / {5} % {6}"


def code(*names):
    return BODY.format(*names)


COLOURS = ("red", "green", "blue", "white", "black", "grey", "pink")
TREES = ("oak", "elm", "ash", "fir", "yew", "box", "bay")


def test_duplicates_are_what_shares_four_fifths_of_its_tokens():
    filter_ = _DuplicateFilter([code(*COLOURS)])
    assert filter_.reason_against(pair("Mix the colours.", code(*COLOURS))) == "in an evaluation corpus"
    assert (
        filter_.reason_against(pair("Mix colours.", code(*COLOURS).replace("\n    ", "\n\t")))
        == "in an evaluation corpus"
    )
    assert filter_.reason_against(pair("Plant the trees.", code(*TREES))) is None
    assert filter_.reason_against(pair("Plant them again.", code(*TREES[:6], "bay"))) == "near-duplicate code"


def test_the_same_documentation_is_taken_once_whatever_its_marks():
    filter_ = _DuplicateFilter([])
    assert filter_.reason_against(pair("Plant the trees.", code(*TREES))) is None
    assert filter_.reason_against(pair("Plant  the trees!", code(*COLOURS))) == "same documentation"


def test_what_is_left_out_does_not_leave_out_others():
    filter_ = _DuplicateFilter([code(*COLOURS)])
    assert filter_.reason_against(pair("Plant the trees.", code(*COLOURS))) == "in an evaluation corpus"
    assert filter_.reason_against(pair("Plant the trees.", code(*TREES))) is None


def test_code_without_a_word_is_compared_as_well():
    filter_ = _DuplicateFilter([])
    assert filter_.reason_against(pair("Say it thrice.", "+-*/")) is None
    assert filter_.reason_against(pair("Say another thing.", "()[]")) == "near-duplicate code"


@pytest.mark.parametrize(
    ("selection", "one", "reason"),
    [
        (Selection(), pair(code="x" * 9999), None),
        (Selection(max_characters=10), pair(code="x" * 10), None),
        (Selection(max_characters=10), pair(code="x" * 11), "long code, for training"),
        (
            Selection(without_methods=frozenset(["java"])),
            pair(language="java", name="A.f"),
            "method, for training",
        ),
        (Selection(without_methods=frozenset(["java"])), pair(language="java", name="f"), None),
        (Selection(without_methods=frozenset(["java"])), pair(language="python", name="A.f"), None),
    ],
)
def test_a_selection_says_why_a_pair_is_left_out(selection, one, reason):
    assert selection.reason_against(one) == reason


def test_a_package_is_in_one_split_and_most_are_trained_on():
    splits = [split_of(f"package{number}") for number in range(4000)]
    assert splits == [split_of(f"package{number}") for number in range(4000)]
    shares = {split: splits.count(split) / 4000 for split in ("train", "valid", "test")}
    assert shares["valid"] == pytest.approx(0.04, abs=0.01)
    assert shares["test"] == pytest.approx(0.16, abs=0.02)


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("a.py", True),
        ("latest/a.py", True),
        ("protest.py", True),
        ("tests/a.py", False),
        ("lib/test/a.py", False),
        ("test_a.py", False),
        ("a_test.py", False),
        ("a.spec.js", False),
        ("jquery.min.js", False),
        ("vendor/a.py", False),
        ("Examples/a.py", False),
        ("a.txt", False),
        ("a.c", False),
    ],
)
def test_tests_and_what_others_wrote_are_no_pairs(tmp_path, path, is_read):
    file = tmp_path / "pkg" / path
    file.parent.mkdir(parents=True)
    text = FUNCTION.format(name="load", documentation="Load the rows.").replace("(self)", "()")
    if path.endswith(".js"):
        text = "/** Load the rows. */\nfunction load() {\n  const a = 1;\n  return a;\n}\n"
    file.write_text(text)
    assert [one.path for one in package_pairs(tmp_path / "pkg")] == ([path] if is_read else [])


def test_what_is_no_text_or_too_long_is_passed_over(tmp_path):
    good = FUNCTION.format(name="load", documentation="Load the rows.")
    (tmp_path / "binary.py").write_bytes(bytes(range(32)) * 200 + good.encode())
    (tmp_path / "long.py").write_text(good + "#" * 400_000)
    (tmp_path / "good.py").write_text(good)
    (tmp_path / "folder.py").mkdir()
    assert [one.path for one in package_pairs(tmp_path)] == ["good.py"]


@pytest.mark.parametrize(
    ("number", "most", "expected"),
    [
        (0, 3, []),
        (2, 3, [0, 1]),
        (3, 3, [0, 1, 2]),
        (6, 3, [0, 2, 4]),
        (7, 3, [0, 2, 4]),
        (10, 4, [0, 2, 5, 7]),
    ],
)
def test_at_most_so_many_are_taken_evenly(number, most, expected):
    assert evenly(range(number), most) == expected


def test_pairs_are_written_and_read(tmp_path):
    pairs = [pair("Schließe\u2028alles.", 'def f():\n    return "\\n"\n'), pair()]
    report = MiningReport()
    report.kept["train"]["python"] += 2
    write_pairs(tmp_path / "new", {"train": pairs, "valid": []}, report)
    assert list(read_pairs(tmp_path / "new" / "train.jsonl.gz")) == pairs
    assert list(read_pairs(tmp_path / "new" / "valid.jsonl.gz")) == []
    assert json.loads((tmp_path / "new" / "report.json").read_text())["kept"]["train"] == {"python": 2}


# --- evaluation corpora


def test_corpora_and_queries_are_read(tmp_path):
    (tmp_path / "corpus.jsonl").write_text('{"id": 7, "language": "go", "code": "x"}\n')
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "sort", "relevant": {"7": 2}}\n')
    assert read_documents(tmp_path / "corpus.jsonl") == [Document("7", "go", "x")]
    assert read_queries(tmp_path / "queries.jsonl") == [EvaluationQuery("q", "sort", {"7": 2})]


@pytest.mark.parametrize("read", [read_documents, read_queries])
def test_a_line_that_lacks_something_is_told(tmp_path, read):
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(MalformedFile, match=r"a\.jsonl: a line lacks '(language|text)'"):
        read(tmp_path / "a.jsonl")
    with pytest.raises(MalformedFile, match="none"):
        read(tmp_path / "none.jsonl")


# --- questions


def asked(sentence, name="f", language="go", seeds=300):
    return {question_like(sentence, name, language, random.Random(seed)) for seed in range(seeds)}


def without_dress(question):
    """A question without the language and what asks how."""
    for word in ("golang", "in", "go", "how", "to", "do", "i"):
        question = f" {question} ".replace(f" {word} ", " ").strip()
    return question


def test_short_sentences_keep_their_words():
    assert {without_dress(one) for one in asked("Sort rows quickly.")} == {"sort rows quickly"}


def test_verbs_are_asked_for_in_their_plain_form():
    assert {without_dress(one) for one in asked("Reverses a linked list.")} >= {"reverse linked list"}
    assert not any("reverses" in one for one in asked("Reverses a linked list."))


def test_verbs_are_asked_for_by_others():
    first = {without_dress(one).split()[0] for one in asked("Removes old rows.")}
    assert first == {"remove", "delete"}
    assert {without_dress(one).split()[0] for one in asked("Returns old rows.")} == {
        "get",
        "find",
        "return",
        "old",
    }


def test_later_clauses_are_not_asked_for():
    assert not any("fails" in one for one in asked("Sort old rows, which fails at times."))
    assert not any("fails" in one for one in asked("Sort old rows if any (fails at times)."))


def test_a_clause_too_short_to_ask_for_is_not_cut():
    assert any("rows" in one for one in asked("Sort: the rows of tables"))


def test_identifiers_are_asked_for_by_their_words():
    assert any("max size" in one for one in asked("Set maxSize of rows."))
    assert any("max size" in one for one in asked("Set max_size of rows."))


def test_some_ask_by_the_functions_name():
    found = asked("Entirely other words here.", "Box.open_all_files")
    assert any("open all files" in one for one in found)
    assert any("entirely other words" in one for one in found)
    assert not any("open files" in one for one in asked("Entirely other words here.", "Box.open_files")), (
        "too short"
    )


def test_long_questions_are_cut_and_lose_words():
    sentence = "Sort " + " ".join(f"word{number}" for number in range(30))
    found = asked(sentence)
    assert max(len(without_dress(one).split()) for one in found) <= 2 * 12
    assert len({len(without_dress(one).split()) for one in found}) > 2


@pytest.mark.parametrize("language", ["python", "java", "javascript", "go", "php", "ruby"])
def test_every_language_of_the_corpus_is_spoken(language):
    assert all(asked("Sort the rows of a table.", language=language, seeds=40))


@pytest.mark.parametrize("sentence", ["Returns.", "?", "a", "Возвращает строки"])
def test_hardly_any_words_are_no_error(sentence):
    assert all(isinstance(one, str) for one in asked(sentence, seeds=40))
