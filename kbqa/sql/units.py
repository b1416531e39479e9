"""Units of columns, by what they are called and said to be, and measures as numbers beside them."""

from kbqa.linking.measures import UNITS, Dimension, Unit, converted, parse_measure, unit_of
from kbqa.sql.schema import Column, ColumnType, readable


def unit_beside(column: Column, dimension: Dimension) -> Unit | None:
    """The unit in which a column of numbers measures something; None where nothing tells it."""
    if column.kind != ColumnType.NUMBER:
        return None
    if dimension == Dimension.SHARE and column.shares:
        return UNITS["share"]
    return unit_of(readable(column.name).split(), dimension) or unit_of(
        [word for word in readable(column.description).split() if len(word) > 1 and word != "in"], dimension
    )


def number_beside(text: str, column: Column) -> str | None:
    """A measure as a number of a column's unit; None for other texts, and beside other columns."""
    measure = parse_measure(text)
    unit = unit_beside(column, measure[1].dimension) if measure else None
    return None if unit is None else converted(text, unit)
