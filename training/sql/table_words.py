"""Tables and columns in the words that people use for them, varied by chance."""

import random
from collections.abc import Sequence

from kbqa.sql.query import Aggregate, AllOf, Item, Term
from kbqa.sql.schema import ColumnRef, ColumnType, Schema, Table, readable
from training.synthetic.delexicalisation import numbered, short_name


class TableWords:
    """Words for a schema's tables and columns."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        self.schema, self.rng = schema, rng

    def row(self, table: Table) -> str:
        """A noun for one row of a table, in the singular: `order item` for `order_items`."""
        return numbered(readable(table.name), plural=False)

    def rows(self, table: Table) -> str:
        """A noun for the rows of a table, in the plural: `order items` for `order_items`."""
        return numbered(readable(table.name), plural=True)

    def listing(self, shown: Sequence[ColumnRef], table: Table) -> str:
        """The beginning of a question that asks for columns of a table's rows."""
        rows, names = self.rows(table), self.names(shown)
        if self.rng.random() < 0.4:
            article = self.rng.choice(("", "all ", "the ", "all the "))
            return f"What {are(shown)} the {names} of {article}{rows}"
        of = self.rng.choice(("of", "of all", "for all", "of the", "for those"))
        return f"{self.imperative()} the {names} {of} {rows}"

    def imperative(self) -> str:
        """A verb that asks to be shown something."""
        return self.rng.choice(("List", "Show", "Give me", "Display", "Return", "Find", "Tell me"))

    def its(self, shown: Sequence[ColumnRef]) -> str:
        """Columns as what is asked of one row."""
        return f"{self.rng.choice(('its', 'the', 'both' if len(shown) == 2 else 'the'))} {self.names(shown)}"

    def names(self, shown: Sequence[ColumnRef]) -> str:
        """What several columns are called, as a list."""
        *before, last = map(self.called, shown)
        comma = "," if len(before) > 1 and self.rng.random() < 0.5 else ""
        return f"{', '.join(before)}{comma} and {last}" if before else last

    def called(self, ref: ColumnRef) -> str:
        """What people call a column: its words, often without those of its table."""
        words, owner = readable(ref.column), readable(ref.table)
        short = short_name(words, numbered(owner, plural=False))
        return short if short and self.rng.random() < 0.6 else words

    def measure(self, child: Table, summed: ColumnRef | None, *, extremes: bool = True) -> tuple[str, Item]:
        """The number of a table's rows, or an aggregate of one of their columns: (in words, in SQL).

        Without `extremes` it is no highest or lowest value: nobody asks who has the lowest highest of
        something.
        """
        if summed is None:
            rows = self.rows(child)
            return f"the number of {rows}", Item(Term(AllOf(child.name), Aggregate.COUNT))
        sums = (("total", Aggregate.SUM), ("average", Aggregate.AVG))
        word, aggregate = self.rng.choice(
            (*sums, ("highest", Aggregate.MAX), ("lowest", Aggregate.MIN)) if extremes else sums
        )
        return f"the {word} {self.called(summed)} of {self.rows(child)}", Item(Term(summed, aggregate))

    def superlative(self, ref: ColumnRef, *, most: bool) -> str:
        """The word for the most, or the least, of a column."""
        if self.schema.column(ref).type == ColumnType.DATE:
            return self.rng.choice(("latest", "most recent") if most else ("earliest", "oldest"))
        words = ("highest", "largest", "greatest", "maximum") if most else ("lowest", "smallest", "minimum")
        return self.rng.choice(words)

    def quoted(self, value: str) -> str:
        """A value, sometimes in quotation marks."""
        return self.always_quoted(value) if self.rng.random() < 0.4 else value

    def always_quoted(self, value: str) -> str:
        """A value in quotation marks of either kind."""
        mark = self.rng.choice("\"'")
        return f"{mark}{value}{mark}"


def are(shown: Sequence[ColumnRef]) -> str:
    """The verb for one column, or for several."""
    return "is" if len(shown) == 1 else "are"


def an(name: str) -> str:
    """A name with its article."""
    return f"an {name}" if name[:1] in "aeio" else f"a {name}"
