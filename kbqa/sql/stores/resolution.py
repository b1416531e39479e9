"""Names in a statement, resolved by scope: tables of the schema or of a WITH, and columns that may be read.

What is resolved is written anew: tables and columns as the schema spells them, in quotation marks and with
their sources before them; what a WITH defines, under a name that no table has. So the engine has nothing left
to resolve in its own way: no name that a WITH of another scope hides, no row as a whole, no column of the
system.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kbqa.sql.schema import Schema, Table
from kbqa.sql.stores.errors import StatementError

MAX_SOURCES = 200
"""How many tables and queries all SELECTs of a statement read from together."""
MAX_COLUMNS = 4_000
"""How many columns all SELECTs of a statement have together, those that a star stands for included."""
_MAX_LABEL_LENGTH = 64
_LABELLED = ("sqlite", "mysql")
"""Dialects that head a column with its expression as it is written."""
_FOLDS = "postgres"
"""The dialect in which names without quotation marks are written small and capitals count."""
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        (
            "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "windows",
            "order", "limit", "offset",
        )
    ),
    exp.SetOperation: frozenset(("with_", "this", "expression", "distinct", "order", "limit", "offset")),
    exp.Subquery: frozenset(("with_", "this", "alias", "order", "limit", "offset")),
    exp.Table: frozenset(("this", "alias", "joins")),
    exp.Join: frozenset(("this", "side", "kind", "method", "on", "using")),
    exp.With: frozenset(("expressions", "recursive")),
    exp.CTE: frozenset(("this", "alias", "materialized")),
    exp.Column: frozenset(("this", "table")),
    exp.Star: frozenset(),
}  # fmt: skip
"""The parts that these may have; whatever else a parser finds is refused."""


@dataclass(frozen=True)
class _Source:
    """Something that columns are read from; `columns` without a name have None."""

    alias: exp.Identifier
    columns: tuple[str | None, ...]
    private: frozenset[str] = frozenset()
    """The names of columns that may not be read."""
    by_name: dict[str, list[str]] = field(default_factory=dict)
    """Columns and private ones, by their names in small letters."""

    def __post_init__(self) -> None:
        for name in (*self.columns, *self.private):
            if name is not None:
                self.by_name.setdefault(name.lower(), []).append(name)


@dataclass
class _Scope:
    """A SELECT's sources and what its own columns are called; `outer` is the SELECT around it."""

    outer: "_Scope | None"
    sources: list[_Source] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    """In small letters."""
    shared: set[str] = field(default_factory=set)
    """Names, in small letters, by which sources are joined."""
    is_natural: bool = False

    def around(self) -> Iterator["_Scope"]:
        """This scope and those around it, from the inside."""
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def named(self, name: exp.Identifier, folds: bool) -> _Source | None:
        """The source of a name."""
        near = [source for source in self.sources if source.alias.name.lower() == name.name.lower()]
        exact = [source for source in near if source.alias.name == _folded(name, folds)]
        return next(iter(exact or near), None)


@dataclass(frozen=True)
class _Defined:
    """What a WITH defines: its new name, and its columns."""

    name: str
    columns: tuple[str | None, ...]


_Definitions = dict[str, _Defined]


def resolve(tree: exp.Query, schema: Schema) -> None:
    """Resolve the names of a statement, and write them anew in its tree. Raises StatementError."""
    _Resolution(schema).query(tree, None, {})


def _folded(name: exp.Identifier, folds: bool) -> str:
    """A name as its dialect understands it."""
    return name.name.lower() if folds and not name.args.get("quoted") else name.name


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def check_parts(node: exp.Expr) -> None:
    """Refuse parts of a node that are not known. Raises StatementError."""
    for kind, known in _PARTS.items():
        if isinstance(node, kind):
            unknown = [part for part, value in node.args.items() if value and part not in known]
            if unknown:
                part = unknown[0].strip("_").replace("_", " ").upper()
                raise StatementError(f"{type(node).__name__.upper()} with {part} is not allowed here.")


class _Resolution:
    """The resolution of one statement."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._folds = schema.dialect == _FOLDS
        self._columns = 0
        self._sources = 0
        self._defined = 0

    def query(self, query: exp.Expr, outer: _Scope | None, known: _Definitions) -> tuple[str | None, ...]:
        """Resolve a query; returns the names of its columns, None for those without one."""
        known = self._with(query, outer, known)
        if isinstance(query, exp.Subquery):
            columns = self.query(query.this, outer, known)
            self._order_of(query, columns, outer, known)
            return columns
        if isinstance(query, exp.SetOperation):
            columns = self.query(query.this, outer, known)
            self.query(query.expression, outer, known)
            self._order_of(query, columns, outer, known)
            return columns
        if isinstance(query, exp.Select):
            return self._select(query, outer, known)
        raise StatementError("Only SELECT is allowed here.")

    def _with(self, query: exp.Expr, outer: _Scope | None, known: _Definitions) -> _Definitions:
        """What is defined within a query: what was known, and what its own WITH adds."""
        clause = query.args.get("with_")
        if clause is None:
            return known
        known = dict(known)
        recursive = bool(clause.args.get("recursive")) or self._schema.dialect == "sqlite"
        for definition in clause.expressions:
            alias = definition.args["alias"]
            key, name = self._key(alias.this), self._new_name()
            columns = self._definition(definition, key, name, outer, known, recursive=recursive)
            known[key] = _Defined(name, columns)
            alias.set("this", _quoted(name))
        return known

    def _definition(
        self,
        definition: exp.CTE,
        key: str,
        name: str,
        outer: _Scope | None,
        known: _Definitions,
        *,
        recursive: bool,
    ) -> tuple[str | None, ...]:
        """The names of the columns of what a WITH defines; its second part may read what the first began."""
        body, alias = definition.this, definition.args["alias"]
        if not recursive or not isinstance(body, exp.SetOperation) or body.args.get("with_"):
            return self._renamed(self.query(body, outer, known), alias)
        columns = self._renamed(self.query(body.this, outer, known), alias)
        self.query(body.expression, outer, {**known, key: _Defined(name, columns)})
        self._order_of(body, columns, outer, known)
        return columns

    def _new_name(self) -> str:
        """A name that no table has."""
        while True:
            self._defined += 1
            name = f"with_{self._defined}"
            if not self._schema.tables_called(name):
                return name

    def _key(self, name: exp.Identifier) -> str:
        return _folded(name, True) if self._folds else name.name.lower()

    def _renamed(self, columns: tuple[str | None, ...], alias: exp.Expr | None) -> tuple[str | None, ...]:
        """Columns under the names that an alias gives them."""
        names = alias.args.get("columns") if alias is not None else None
        if not names:
            return columns
        if len(names) > len(columns):
            raise StatementError(
                f"{alias.name if alias else ''} has {len(columns)} columns, not {len(names)}."
            )
        given = tuple(_folded(self._identifier(name), self._folds) for name in names)
        return (*given, *columns[len(given) :])

    @staticmethod
    def _identifier(node: exp.Expr) -> exp.Identifier:
        """The name that a node is. Raises StatementError."""
        if isinstance(node, exp.Column) and not node.args.get("table"):
            node = node.this
        if not isinstance(node, exp.Identifier):
            raise StatementError("Write the names of columns here.")
        return node

    def _select(
        self, select: exp.Select, outer: _Scope | None, known: _Definitions
    ) -> tuple[str | None, ...]:
        scope = _Scope(outer)
        first = select.args.get("from_")
        joins: list[exp.Join] = select.args.get("joins") or []
        for node in (*([first.this] if first else []), *(join.this for join in joins)):
            self._add_source(node, scope, known)
        for join in joins:
            self._join(join, scope, known)
        columns = self._projections(select, scope, known)
        scope.labels |= {name.lower() for name in columns if name is not None}
        for part in ("distinct", "where", "group", "having", "windows", "limit", "offset"):
            for clause in _listed(select.args.get(part)):
                self._expressions(clause, scope, known)
        for term in _terms(select):
            self._expressions(term, scope, known, is_order=True)
        return columns

    def _order_of(
        self, query: exp.Expr, columns: Sequence[str | None], outer: _Scope | None, known: _Definitions
    ) -> None:
        """Resolve the order of several SELECTs together, which only knows the names of their columns."""
        scope = _Scope(outer, labels={name.lower() for name in columns if name is not None})
        for part in ("limit", "offset"):
            for clause in _listed(query.args.get(part)):
                self._expressions(clause, scope, known)
        for term in _terms(query):
            self._expressions(term, scope, known, is_order=True)

    def _add_source(self, node: exp.Expr, scope: _Scope, known: _Definitions) -> None:
        """Add what stands in FROM or JOIN to a scope. Raises StatementError."""
        self._sources += 1
        if self._sources > MAX_SOURCES:
            raise StatementError(f"The statement reads from more than {MAX_SOURCES:,} tables.")
        if isinstance(node, exp.Table):
            scope.sources.append(self._table(node, known))
            for join in node.args.get("joins") or []:
                self._add_source(join.this, scope, known)
                self._join(join, scope, known)
        elif isinstance(node, exp.Subquery) and isinstance(_within_brackets(node), exp.Table):
            if node.args.get("alias"):
                raise StatementError("Joined tables in brackets have no name of their own here.")
            self._add_source(node.this, scope, known)
        elif isinstance(node, exp.Subquery):
            self._add_derived(node, scope, known)
        else:
            raise StatementError("Read from tables of the schema, by their names.")

    def _add_derived(self, node: exp.Subquery, scope: _Scope, known: _Definitions) -> None:
        columns = self.query(node, scope.outer, known)
        alias = node.args.get("alias") or exp.TableAlias()
        name = _quoted(_folded(alias.this, self._folds) if alias.this else self._new_name())
        alias.set("this", name)
        node.set("alias", alias)
        scope.sources.append(_Source(name.copy(), self._renamed(columns, alias)))

    def _table(self, node: exp.Table, known: _Definitions) -> _Source:
        """A table as a source; it is written anew."""
        if not isinstance(node.this, exp.Identifier):
            raise StatementError("Read from tables of the schema, by their names.")
        alias = node.args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise StatementError(f"Read the columns of {node.name} under their own names.")
        defined = known.get(self._key(node.this))
        table = None if defined else self._schema_table(node.this)
        written = alias.this if alias is not None else node.this
        name = _folded(written, self._folds) if alias is not None or defined or not table else table.name
        if defined:
            node.set("this", _quoted(defined.name))
        elif table:
            node.set("this", _quoted(table.name))
        if alias is not None or defined:
            node.set("alias", exp.TableAlias(this=_quoted(name)))
        if defined:
            return _Source(_quoted(name), defined.columns)
        return _source_of(_quoted(name), table) if table else _Source(_quoted(name), ())

    def _schema_table(self, name: exp.Identifier) -> Table:
        """The table of a name. Raises StatementError."""
        near = self._schema.tables_called(name.name)
        exact = [table for table in near if table.name == _folded(name, self._folds)]
        if not near or (len(near) > 1 and not exact):
            known = ", ".join(_some(self._schema))
            raise StatementError(f"There is no table {name.name}. There are: {known}.")
        return (exact or list(near))[0]

    def _join(self, join: exp.Join, scope: _Scope, known: _Definitions) -> None:
        if join.args.get("method"):
            scope.is_natural = True
            if any(source.private for source in scope.sources):
                raise StatementError(
                    "Write JOIN … ON here: tables with private columns have no NATURAL JOIN."
                )
        for index, node in enumerate(join.args.get("using") or []):
            name = self._identifier(node)
            found = [spelled for source in scope.sources if (spelled := self._visible(source, name))]
            self._refuse_private(name, scope)
            if len(found) < 2:
                raise StatementError(f"There is no column {name.name} that both sides have.")
            scope.shared.add(name.name.lower())
            join.args["using"][index].replace(_quoted(found[0]))
        if join.args.get("on") is not None:
            self._expressions(join.args["on"], scope, known)

    def _projections(self, select: exp.Select, scope: _Scope, known: _Definitions) -> tuple[str | None, ...]:
        """Resolve what a SELECT shows; a star over sources with private columns stands for the others."""
        names: list[str | None] = []
        shown: list[exp.Expr] = []
        for node in select.expressions:
            stars = self._of_star(node, scope)
            if stars is not None:
                expressions, columns = stars
            else:
                label = node.sql(dialect=self._schema.dialect) if self._is_labelled(node) else None
                self._expressions(node, scope, known)
                expression = exp.alias_(node, label, quoted=True) if label else node
                expressions, columns = [expression], [self._output_name(expression)]
            names += columns
            shown += expressions
            self._columns += len(columns)
            if self._columns > MAX_COLUMNS:
                raise StatementError(f"The statement has more than {MAX_COLUMNS:,} columns.")
        select.set("expressions", shown)
        return tuple(names)

    def _is_labelled(self, node: exp.Expr) -> bool:
        """Whether an engine would head a column with what is written anew, and not with what it is called."""
        if self._schema.dialect not in _LABELLED or isinstance(node, exp.Alias | exp.Column):
            return False
        if isinstance(node, exp.Subquery) and node.alias:
            return False
        return node.find(exp.Column) is not None and len(node.sql(self._schema.dialect)) <= _MAX_LABEL_LENGTH

    def _output_name(self, node: exp.Expr) -> str | None:
        if isinstance(node, exp.Alias):
            return _folded(node.args["alias"], self._folds)
        if isinstance(node, exp.Column):
            return node.name
        alias = node.args.get("alias") if isinstance(node, exp.Subquery) else None
        name = alias.this if isinstance(alias, exp.TableAlias) else alias
        return _folded(name, self._folds) if isinstance(name, exp.Identifier) else None

    def _of_star(self, node: exp.Expr, scope: _Scope) -> tuple[list[exp.Expr], list[str | None]] | None:
        """What a star stands for, with the names of its columns; None if it is none.

        Raises StatementError.
        """
        if isinstance(node, exp.Star):
            sources = scope.sources
        elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            source = self._source_called(node.args["table"], scope)
            if source not in scope.sources:
                raise StatementError(f"There is no {node.table} in this FROM.")
            node.set("table", source.alias.copy())
            sources = [source]
        else:
            return None
        if not sources:
            raise StatementError("A star needs a table.")
        names = [column for source in sources for column in source.columns]
        if not any(source.private for source in sources):
            return [node], names
        return _spelled_out(sources, scope)

    def _source_called(self, name: exp.Identifier, scope: _Scope) -> _Source:
        for around in scope.around():
            source = around.named(name, self._folds)
            if source is not None:
                return source
        raise StatementError(f"There is no {name.name} in FROM.")

    def _expressions(
        self, node: exp.Expr, scope: _Scope, known: _Definitions, *, is_order: bool = False
    ) -> None:
        """Resolve the columns and queries within an expression."""
        if isinstance(node, exp.Query):
            self.query(node, scope, known)
        elif isinstance(node, exp.Column):
            self._column(node, scope, is_term=is_order)
        elif isinstance(node, exp.Star):
            if not isinstance(node.parent, exp.Count):
                raise StatementError("A star stands for columns only directly after SELECT.")
        else:
            is_term = is_order and isinstance(node, exp.Ordered)
            for child in list(node.iter_expressions()):
                self._expressions(child, scope, known, is_order=is_term)

    def _column(self, node: exp.Column, scope: _Scope, *, is_term: bool) -> None:
        """Resolve a column, and write it anew. Raises StatementError."""
        name = node.this
        if isinstance(name, exp.Star):
            raise StatementError("A star stands for columns only directly after SELECT.")
        if not isinstance(name, exp.Identifier):
            raise StatementError("Write the names of columns here.")
        if node.args.get("table") is not None:
            self._qualified(node, name, scope)
        elif not (is_term and self._is_label(name, scope)):
            self._unqualified(node, name, scope)

    def _qualified(self, node: exp.Column, name: exp.Identifier, scope: _Scope) -> None:
        source = self._source_called(node.args["table"], scope)
        spelled = self._visible(source, name)
        if spelled is None:
            if self._private(source, name):
                raise _is_private(name)
            raise StatementError(f"There is no column {name.name} in {source.alias.name}.")
        node.set("this", _quoted(spelled))
        node.set("table", source.alias.copy())

    def _unqualified(self, node: exp.Column, name: exp.Identifier, scope: _Scope) -> None:
        inner = set[str]()
        for around in scope.around():
            found = self._found(name, around)
            if len(found) > 1 and (name.name.lower() in around.shared or around.is_natural):
                self._refuse_private(name, around)
                node.set("this", _quoted(found[0][1]))
                return
            if len(found) > 1:
                raise StatementError(f"{name.name} could be a column of several tables; write whose it is.")
            if found and around is scope and self._is_label(name, scope):
                return
            if found:
                self._write(node, *found[0], inner)
                return
            if any(self._private(source, name) for source in around.sources):
                raise _is_private(name)
            if around is scope and self._is_label(name, scope):
                self._refuse_rows(name, scope)
                return
            inner |= {source.alias.name.lower() for source in around.sources}
        raise StatementError(f"There is no column {name.name} here.")

    def _found(self, name: exp.Identifier, scope: _Scope) -> list[tuple[_Source, str]]:
        """Sources that have a visible column of a name, and how they spell it; exactly so, where any does."""
        found = [
            (source, spelled)
            for source in scope.sources
            if (spelled := self._visible(source, name)) is not None
        ]
        exact = [entry for entry in found if entry[1] == _folded(name, self._folds)]
        return exact or found

    @staticmethod
    def _write(node: exp.Column, source: _Source, spelled: str, inner: set[str]) -> None:
        alias = source.alias.name
        if alias.lower() in inner:
            raise StatementError(f"{alias} means two things here; give one of them another name.")
        node.set("this", _quoted(spelled))
        node.set("table", source.alias.copy())

    @staticmethod
    def _refuse_rows(name: exp.Identifier, scope: _Scope) -> None:
        """Refuse a name that PostgreSQL could take for all columns of a source, private ones among them."""
        for around in scope.around():
            for source in around.sources:
                if source.private and source.alias.name.lower() == name.name.lower():
                    raise StatementError(f"{name.name} means two things here; give one of them another name.")

    def _is_label(self, name: exp.Identifier, scope: _Scope) -> bool:
        """Whether a name is that of a column which a SELECT shows, and of nothing private around it."""
        if name.name.lower() not in scope.labels:
            return False
        for around in scope.around():
            self._refuse_private(name, around)
        return True

    def _refuse_private(self, name: exp.Identifier, scope: _Scope) -> None:
        if any(self._private(source, name) for source in scope.sources):
            raise _is_private(name)

    def _visible(self, source: _Source, name: exp.Identifier) -> str | None:
        """A source's column of a name, as it is spelled; None for none, and for a private one."""
        spelled = self._spelled(source, name)
        return None if spelled in source.private else spelled

    def _private(self, source: _Source, name: exp.Identifier) -> bool:
        """Whether a source has a private column of a name, whatever its capitals."""
        return any(spelled in source.private for spelled in source.by_name.get(name.name.lower(), ()))

    def _spelled(self, source: _Source, name: exp.Identifier) -> str | None:
        near = source.by_name.get(name.name.lower(), [])
        wanted = _folded(name, self._folds)
        if wanted in near:
            return wanted
        return near[0] if len(near) == 1 else None


def _is_private(name: exp.Identifier) -> StatementError:
    return StatementError(f"The values of {name.name} are kept private.")


def _source_of(alias: exp.Identifier, table: Table) -> _Source:
    """A table of the schema as a source."""
    visible = tuple(column.name for column in table.columns if not column.excluded)
    return _Source(alias, visible, frozenset(column.name for column in table.columns if column.excluded))


def _spelled_out(sources: Iterable[_Source], scope: _Scope) -> tuple[list[exp.Expr], list[str | None]]:
    """The columns of sources one by one; what sources are joined by comes once. Raises StatementError."""
    columns, names, seen = list[exp.Expr](), list[str | None](), set[str]()
    for source in sources:
        for name in source.columns:
            if name is None:
                raise StatementError("Name all columns that a query in FROM shows.")
            if name.lower() in scope.shared and name.lower() in seen:
                continue
            seen.add(name.lower())
            columns.append(exp.Column(this=_quoted(name), table=source.alias.copy()))
            names.append(name)
    if not columns:
        raise StatementError("All columns of this table are kept private.")
    return columns, names


def _within_brackets(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Subquery):
        node = node.this
    return node


def _listed(part: object) -> list[exp.Expr]:
    if isinstance(part, list):
        return part
    return [part] if isinstance(part, exp.Expr) else []


def _terms(query: exp.Expr) -> list[exp.Expr]:
    """What a query is sorted by."""
    order = query.args.get("order")
    return list(order.expressions) if order is not None else []


def _some(schema: Schema) -> Iterator[str]:
    yield from (table.name for table in schema.tables[:12])
    if len(schema.tables) > 12:
        yield f"and {len(schema.tables) - 12} more"
