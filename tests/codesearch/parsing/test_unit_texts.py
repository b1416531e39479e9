"""The code of a unit as it is put together, and the text that an encoder reads of it."""

import pytest

from codesearch.parsing import CodeUnit, parse_file
from codesearch.parsing.base import join_source
from codesearch.parsing.dense_text import dense_text, text_hash
from codesearch.parsing.units import clean_string


def unit(**fields):
    values = {
        "kind": "function", "name": "f", "qualified_name": "f", "signature": "", "documentation": "",
        "code": "", "start_line": 1, "end_line": 1,
    }  # fmt: skip
    return CodeUnit(**values | fields)


def test_pieces_of_a_source_are_joined_and_known_by_their_bytes():
    source = "aü|bc|d".encode()
    code, segments = join_source(source, [(0, 3), (4, 6), (7, 8)], b"...")
    assert (code, segments) == ("aü...bc...d", ((0, 3, 0), (4, 6, 6), (7, 8, 11)))
    assert join_source(source, [], b"...") == ("", ())


def test_a_cut_within_a_character_is_shown_and_not_an_error():
    assert join_source("ü".encode(), [(0, 1)], b"")[0] == "\ufffd"


def test_a_class_has_dots_for_the_bodies_of_its_methods_in_order():
    source = "class A {\n  x = 1;\n  f() { return 1; }\n  y = 2;\n  g() { return 2; }\n}\n"
    parsed = parse_file("a.js", source).units[0]
    assert parsed.code == "class A {\n  x = 1;\n  f() ...\n  y = 2;\n  g() ...\n}"
    pieces = [source.encode()[segment.start : segment.end].decode() for segment in parsed.segments]
    assert "...".join(pieces) == parsed.code


def test_bodies_of_methods_of_nested_classes_stay_with_the_nested_class():
    source = "class A:\n    class B:\n        def f(self):\n            return 1\n"
    outer, inner, _ = parse_file("a.py", source).units
    assert "return 1" in outer.code
    assert "return 1" not in inner.code


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"""One."""', "One."),
        ("'''One.'''", "One."),
        ('"One."', "One."),
        ("r'One.'", "One."),
        ('Rb"""One."""', "One."),
        ('"""\n    One.\n\n      Two.\n    """', "One.\n\nTwo."),
        ('""""Quoted" first."""', '"Quoted" first.'),
        ('""""""', ""),
        ("  '''  spaced  '''  ", "spaced"),
    ],
)
def test_a_documentation_string_without_its_marks(literal, text):
    assert clean_string(literal) == text


@pytest.mark.parametrize(
    ("fields", "text", "documentation", "code"),
    [
        ({"qualified_name": "Box.getSize", "code": "x"}, "box get size\nx", 13, 13),
        ({"documentation": "Says.", "code": "x"}, "f\nSays.\nx", 2, 8),
        ({"documentation": "Says.", "code": "'Says.'"}, "f\n'Says.'", 2, 2),
        ({"qualified_name": "", "code": ""}, "\n", 1, 1),
    ],
)
def test_an_encoder_reads_name_documentation_and_code(fields, text, documentation, code):
    dense = dense_text(unit(**fields))
    assert (dense.text, dense.documentation, dense.code) == (text, documentation, code)


def test_of_long_names_the_last_parts_are_read():
    name = ".".join(f"p{chr(97 + index)}" for index in range(15))
    assert dense_text(unit(qualified_name=name)).text == "pd pe pf pg ph pi pj pk pl pm pn po\n"


def test_long_documentation_leaves_room_for_code():
    dense = dense_text(unit(documentation="d" * 5000, code="c" * 5000))
    assert (dense.text.count("d"), dense.text.count("c"), len(dense.text)) == (800, 1597, 2400)


def test_texts_that_cannot_be_encoded_have_a_hash_too():
    assert text_hash("\ud800") == text_hash("?")
    # BLAKE2b of nothing, with a digest of 16 bytes.
    assert text_hash("").hex == "cae66941d9efbd404e4d88758ea67670"
