"""The constants of questions on databases, and of their SQL, by which confirmed questions are found again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kbqa.questions.confirmed import Slot
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import NumberPointer, ValuePointer, value_of

_MIN_SIMILARITY = 0.9


@dataclass(frozen=True)
class SqlConstants:
    """The constants of questions, as `link` finds them, and of SQL in a dialect."""

    link: Callable[[str], LinkedQuestion]
    dialect: str

    def slots(self, question: str) -> Iterator[Slot]:
        """The constants that a question has: cells that it names, numbers and dates."""
        linked = self.link(question)
        for pointer in (*linked.values, *linked.numbers):
            if pointer.span is None:
                continue
            if isinstance(pointer, ValuePointer) and pointer.features.similarity >= _MIN_SIMILARITY:
                yield Slot(pointer.span, value_of(pointer), str(pointer.key[0]))
            elif isinstance(pointer, NumberPointer) and any(map(str.isdigit, pointer.key)):
                yield Slot(pointer.span, value_of(pointer), "")

    def of_query(self, query: str) -> set[str] | None:
        """The constants of a statement; None where it cannot be read."""
        tree = self._tree(query)
        return None if tree is None else {literal.this for literal in tree.find_all(exp.Literal)}

    def replaced(self, query: str, values: Mapping[str, str]) -> str:
        """A statement with other constants."""

        def changed(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Literal) or node.this not in values:
                return node
            text = values[node.this]
            return exp.Literal.string(text) if node.is_string else exp.Literal.number(text)

        tree = self._tree(query)
        return query if tree is None else tree.transform(changed).sql(dialect=self.dialect)

    def _tree(self, query: str) -> exp.Expr | None:
        try:
            return sqlglot.parse_one(query, dialect=self.dialect)
        except SqlglotError:
            return None
