"""Where a text stands literally, ignoring case.

To read all code is slow: each file is read once, before any of its units.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

from codesearch.parsing.words import words_of_identifier

# In so few files the text's lines are looked up at once, and the units are known. With more, units are read
# as they are come by, until there are enough.
FEW_FILES = 300
# An identifier that ends inside the literal on both sides stands in the unit as it is; one at the literal's
# edge may be a part.
_WHOLE_IDENTIFIER = re.compile(r"(?<=[^\w$])[^\W_](?:[\w$]*[^\W_])?(?=[^\w$])")
# A unit's lines, cut from its file's content.
_UNIT_TEXT = (
    "(SELECT array_to_string((string_to_array(b.text, E'\\n'))[u.start_line:u.end_line], E'\\n')"
    " FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = u.file_id)"
)


def files_with(text: str, narrowed: str, parameters: Sequence[Any]) -> list[int]:
    """Keys of the files that contain a text and have units that meet a condition.

    `narrowed` is that condition, SQL on units, with its parameters.
    """
    words = whole_words(text)
    if words:
        narrowed = f"{narrowed} AND u.lexemes @@ %s::tsquery"
        parameters = [*parameters, " & ".join(f"'{word}'" for word in words)]
    files = (
        "SELECT DISTINCT u.file_id FROM codesearch_unit u"
        f" JOIN codesearch_repository r ON r.id = u.repository_id WHERE {narrowed}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.id FROM ({files}) narrowed JOIN codesearch_sourcefile f ON f.id = narrowed.file_id"
            f" JOIN codesearch_blob b ON b.digest = f.blob_id WHERE {_contains('b.text', text)}",
            [*parameters, text],
        )
        return [row[0] for row in cursor.fetchall()]


def whole_words(text: str) -> list[str]:
    """Words, stemmed, that a unit has in which a text stands: those of the identifiers that end inside of it.

    >>> whole_words("erver.sendmail(address")
    ['sendmail']
    """
    identifiers = _WHOLE_IDENTIFIER.findall(text)
    return list(dict.fromkeys(word for identifier in identifiers for word in words_of_identifier(identifier)))


def units_with(text: str, files: list[int]) -> list[int]:
    """Keys of the units in whose lines a text stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT u.id FROM codesearch_sourcefile f JOIN codesearch_blob b ON b.digest = f.blob_id"
            " CROSS JOIN LATERAL string_to_table(b.text, E'\\n') WITH ORDINALITY AS lines (line, number)"
            " JOIN codesearch_unit u ON u.file_id = f.id AND lines.number BETWEEN u.start_line AND u.end_line"
            f" WHERE f.id = ANY(%s) AND {_contains('lines.line', text)}",
            [files, text],
        )
        return [row[0] for row in cursor.fetchall()]


def unit_contains(text: str) -> str:
    """SQL that holds for a unit (`u`) in whose lines a text, its parameter, stands."""
    return _contains(_UNIT_TEXT, text)


def _contains(column: str, text: str) -> str:
    """SQL that wants the text as parameter.

    Where it is ASCII, no other letters need to be made small: twice as fast.
    """
    collation = ' COLLATE "C"' if text.isascii() else ""
    return f"position(lower(%s{collation}) in lower({column}{collation})) > 0"
