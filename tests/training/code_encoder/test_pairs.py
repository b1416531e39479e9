"""Which functions become pairs, what their query is, and what is dropped."""

import gzip
import json
import random

import pytest
from django.core.management import CommandError, call_command

from codesearch.parsing import parse_file
from searchapp.errors import InvalidInput
from training.code_encoder.mining import read_pairs, split_of
from training.code_encoder.pairs import first_sentence, pair_of
from training.code_encoder.query_rewriting import question_like


@pytest.mark.parametrize(
    ("documentation", "sentence"),
    [
        ("Return the sum of both. Never fails.\n\n:param a: one", "Return the sum of both."),
        (
            "Returns the {@code List} of <b>all</b> items,\nin order.\n@param x no",
            "Returns the List of all items, in order.",
        ),
        ("Read a :class:`File` from `path`.\nArgs:\n    path: where", "Read a File from path."),
        ("One line without an end", "One line without an end"),
    ],
)
def test_the_query_is_the_first_sentence_without_markup(documentation, sentence):
    assert first_sentence(documentation) == sentence


def pairs_in(path: str, text: str) -> list[str]:
    """Return the names of the units that make pairs."""
    units = parse_file(path, text).units
    return [pair.name for unit in units if (pair := pair_of(unit, "python", "p", path)) is not None]


def test_codesearchnets_rules():
    source = '''
def good(a):
    """Return a number for a."""
    b = a + 1
    return b

def short_words(a):
    """Too few."""
    b = a
    return b

def one_line(a): "Return a number for a."

def test_good(a):
    """Check a number for a."""
    b = a
    return b

class Box:
    def __init__(self, a):
        """Make a box of a."""
        self.a = a
        self.b = a

    def undocumented(self):
        a = 1
        return a
'''
    assert pairs_in("a.py", source) == ["good"]


def test_questions_look_typed_and_follow_the_seed():
    sentence = "Returns the list of all open files, sorted by name."
    first, again = (question_like(sentence, "Box.open_files", "python", random.Random(3)) for _ in range(2))
    assert first == again
    many = {question_like(sentence, "Box.open_files", "python", random.Random(seed)) for seed in range(200)}
    assert len(many) > 40
    assert all(query == query.lower() and "." not in query and "sorted" not in query for query in many)
    assert any(query.startswith("how to") for query in many)
    assert any("python" in query for query in many)


def test_gos_own_name_is_no_part_of_the_question():
    asked = question_like("ReadAll reads from r until an error.", "ReadAll", "go", random.Random(5))
    assert "read all" not in asked
    assert "read" in asked


FUNCTION = '''def {name}({argument}):
    """{documentation}"""
    {argument} = prepare_{name}({argument}, depth_{name}, flag_{name})
    for item_{name} in {argument}.all_{name}():
        yield convert_{name}(item_{name}, {argument})
'''


def write_package(folder, name, functions):
    (folder / name).mkdir(parents=True)
    code = "\n".join(
        FUNCTION.format(name=each, argument="value", documentation=text) for each, text in functions.items()
    )
    (folder / name / "code.py").write_text(code)


def test_mining_splits_by_package_and_drops_what_is_held_out_or_seen(tmp_path, capsys):
    write_package(
        tmp_path,
        "alpha",
        {"load_rows": "Load the rows of a table.", "save_rows": "Save the rows of a table."},
    )
    write_package(
        tmp_path,
        "beta",
        {"load_rows": "Load all the rows of a table.", "draw_line": "Draw a line on a canvas."},
    )
    write_package(
        tmp_path, "gamma", {"draw_text": "Draw a line on a canvas.", "find_key": "Find a key in a mapping."}
    )
    write_package(tmp_path, "left", {"other": "Do some other thing here."})
    held_out = FUNCTION.format(
        name="save_rows", argument="value", documentation="Save the rows of a table."
    ).replace("    ", "  ")
    (tmp_path / "corpus.jsonl").write_text(
        json.dumps({"id": "1", "language": "python", "code": held_out}) + "\n"
    )
    call_command(
        "mine_pairs",
        f"{tmp_path}/*",
        out=tmp_path / "out",
        held_out=[tmp_path / "corpus.jsonl"],
        exclude=["left", "out"],
        max_per_package=10,
    )
    report = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert report["left_out"]["in an evaluation corpus"] == 1
    assert report["left_out"]["near-duplicate code"] == 1
    assert report["left_out"]["same documentation"] == 1
    found = {
        split: list(read_pairs(tmp_path / "out" / f"{split}.jsonl.gz"))
        for split in ("train", "valid", "test")
    }
    assert {pair.name for pairs in found.values() for pair in pairs} == {"load_rows", "draw_line", "find_key"}
    assert all(split_of(pair.package) == split for split, pairs in found.items() for pair in pairs)


def test_training_can_leave_out_methods_and_long_code(tmp_path, capsys):
    source = FUNCTION.format(name="load_rows", argument="value", documentation="Load the rows of a table.")
    method = FUNCTION.format(
        name="draw_line", argument="value", documentation="Draw a line on a canvas."
    ).replace("\n", "\n    ")
    long = (
        FUNCTION.format(name="find_key", argument="value", documentation="Find a key in a mapping.")
        + "    pass\n" * 100
    )
    assert split_of("alpha") == "train"
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "code.py").write_text(f"{source}\n{long}\nclass Canvas:\n    {method}\n")
    arguments = {"out": tmp_path / "out", "max_characters": 600, "without_methods": ["python"]}
    call_command("mine_pairs", f"{tmp_path}/alpha", **arguments)
    report = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert report["left_out"] == {
        "beyond the most of one package": 0,
        "method, for training": 1,
        "long code, for training": 1,
    }
    assert [pair.name for pair in read_pairs(tmp_path / "out" / "train.jsonl.gz")] == ["load_rows"]
    with pytest.raises(CommandError, match="No language cobol"):
        call_command("mine_pairs", f"{tmp_path}/alpha", **arguments | {"without_methods": ["cobol"]})


def test_mining_nothing_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="No folder matches"):
        call_command("mine_pairs", f"{tmp_path}/none/*", out=tmp_path)


@pytest.mark.parametrize(
    "content", [None, b"no gzip", gzip.compress(b"no json"), gzip.compress(b'{"a": 1}')[:-9]]
)
def test_pairs_that_are_missing_or_damaged_are_an_error_with_their_file(tmp_path, content):
    path = tmp_path / "train.jsonl.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"train\.jsonl\.gz"):
        list(read_pairs(path))
