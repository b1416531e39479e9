"""Values as cells of files that people open in a spreadsheet."""

from decimal import Decimal

_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, which may then fetch, send and start things."""


def cell(value: object) -> str:
    """A value as the text of a cell of CSV, which no spreadsheet takes for a formula.

    As OWASP advises, an apostrophe goes before a text that would be one. Numbers stay as they are.

    >>> cell("=1+1"), cell(-5), cell(None)
    ("'=1+1", '-5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    text = str(value)
    if isinstance(value, int | float | Decimal):
        return text
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text
