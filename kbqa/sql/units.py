"""Units of columns, by what they are called and said to be, and measures as numbers beside them."""

from collections.abc import Sequence
from decimal import Decimal

from kbqa.linking.measures import UNITS, Dimension, Unit, converted, parse_measure, unit_of
from kbqa.sql.query import Expression, Operand, Operator, columns_of
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, readable

POUNDS = ("pound", "pounds")
"""What is money or a weight, as the column has it."""
_CURRENCIES = {
    **dict.fromkeys(("dollar", "dollars", "usd", "$"), "usd"),
    **dict.fromkeys(("euro", "euros", "eur", "€"), "eur"),
    **dict.fromkeys(("pound", "pounds", "gbp", "£", "pence"), "gbp"),
}
_ONE_OF = ("year", "month", "week", "day", "hour", "minute", "second")
"""Units of time that name a time rather than count it, where they stand alone: the year, report day."""


def unit_beside(column: Column, dimension: Dimension) -> Unit | None:
    """The unit in which a column of numbers measures something; None where nothing tells it."""
    if column.kind != ColumnType.NUMBER:
        return None
    if dimension == Dimension.SHARE and column.shares:
        return UNITS["share"]
    return unit_of(_own_words(readable(column.name).split()), dimension) or unit_of(
        [word for word in readable(column.description).split() if len(word) > 1 and word != "in"], dimension
    )


def _own_words(words: Sequence[str]) -> list[str]:
    """The words of a name without what something is counted for each of: rent per day cents."""
    return [word for place, word in enumerate(words) if words[place - 1 : place] != ["per"]]


def number_beside(text: str, column: Column) -> str | None:
    """A measure as a number of a column's unit; None for other texts, and beside other columns."""
    measure = parse_measure(text)
    unit = unit_beside(column, measure[1].dimension) if measure else None
    return None if unit is None else converted(text, unit)


def factor_to(unit: str, operand: Operand, schema: Schema) -> Decimal | None:
    """What an operand's numbers are to be multiplied by, to be in another unit of what it measures.

    None for a unit of something else, or where nothing tells in which unit it is.
    """
    known = _unit_in(unit, operand, schema) if unit else None
    return None if known is None else known[0].factor / known[1].factor


def _unit_in(unit: str, operand: Operand, schema: Schema) -> tuple[Unit, Unit] | None:
    """The unit that an operand is in, and the one that is named so beside it."""
    dimensions = [UNITS[unit].dimension, *([Dimension.MONEY] if unit in POUNDS else [])]
    for dimension in dimensions:
        own = _unit_of_operand(operand, dimension, schema)
        if own is not None and not _is_other_currency(unit, operand, schema):
            return own, UNITS["dollars"] if unit in POUNDS and dimension == Dimension.MONEY else UNITS[unit]
    return None


def _unit_of_operand(operand: Operand, dimension: Dimension, schema: Schema) -> Unit | None:
    if isinstance(operand, ColumnRef):
        column = schema.column(operand)
        return None if _names_a_time(column, dimension) else unit_beside(column, dimension)
    if not isinstance(operand, Expression):
        return None
    left, right = (_unit_of_operand(ref, dimension, schema) for ref in (operand.left, operand.right))
    if operand.operator in (Operator.PLUS, Operator.MINUS):
        return left if left == right else None
    if operand.operator == Operator.TIMES and left is None:
        return right
    return left if right is None else None


def _names_a_time(column: Column, dimension: Dimension) -> bool:
    """Whether a column is called as a time, or as what is done in one, not as what is counted in its unit."""
    words = readable(column.name).split()
    is_time = dimension in (Dimension.TIME, Dimension.MONTHS)
    return is_time and ("per" in words or words[-1:] in [[word] for word in _ONE_OF])


def _is_other_currency(unit: str, operand: Operand, schema: Schema) -> bool:
    """Whether an operand is in a currency by its name, but in another one."""
    asked = _CURRENCIES.get(unit)
    words = {word for ref in columns_of(operand) for word in readable(schema.column(ref).name).split()}
    named = {_CURRENCIES[word] for word in words if word in _CURRENCIES}
    return asked is not None and bool(named) and asked not in named


def dimensions_of(operand: Operand, schema: Schema) -> set[Dimension]:
    """What an operand is known to measure, by the units of its columns."""
    return {each for each in Dimension if _unit_of_operand(operand, each, schema) is not None}


def name_in(name: str, unit: str) -> str:
    """What is shown in a unit: its name, without the unit that it says itself.

    >>> name_in("paid cents", "euros"), name_in("discount", "percent")
    ('paid in euros', 'discount in percent')
    """
    words = name.split()
    own = len(words) > 1 and words[-1] in UNITS
    return f"{' '.join(words[:-1] if own else words)} in {unit}"
