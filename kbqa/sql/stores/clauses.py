"""Which clauses a statement may have: those that are listed, and no others."""

from sqlglot import exp

from kbqa.sql.stores.errors import StatementError

_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        (
            "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "windows",
            "order", "limit", "offset",
        )
    ),
    exp.SetOperation: frozenset(("with_", "this", "expression", "distinct", "order", "limit", "offset")),
    exp.Subquery: frozenset(("with_", "this", "alias", "order", "limit", "offset")),
    exp.Table: frozenset(("this", "db", "alias", "joins")),
    exp.Join: frozenset(("this", "side", "kind", "method", "on", "using")),
    exp.With: frozenset(("expressions", "recursive")),
    exp.CTE: frozenset(("this", "alias", "materialized")),
    exp.Column: frozenset(("this", "table", "db")),
    exp.Star: frozenset(),
}  # fmt: skip
"""The parts that these may have; whatever else a parser finds is refused."""


def check_parts(node: exp.Expr) -> None:
    """Refuse parts of a node that are not known. Raises StatementError."""
    for kind, known in _PARTS.items():
        if isinstance(node, kind):
            unknown = [part for part, value in node.args.items() if value and part not in known]
            if unknown:
                part = unknown[0].strip("_").replace("_", " ").upper()
                raise StatementError(f"{type(node).__name__.upper()} with {part} is not allowed here.")
