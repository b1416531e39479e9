"""Names in a statement, resolved by scope: tables of the schema or of a WITH, and columns that may be read.

What is resolved is written anew: tables and columns as the schema spells them, in quotation marks and with
their sources before them; what a WITH defines, under a name that no table has. So the engine has nothing left
to resolve in its own way: no name that a WITH of another scope hides, no row as a whole, no column of the
system.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kbqa.sql.schema import Schema, Table
from kbqa.sql.stores.errors import StatementError
from kbqa.sql.stores.scopes import ColumnSource, Scope, quoted, source_of
from kbqa.sql.stores.table_names import folded, table_of

MAX_SOURCES = 200
"""How many tables and queries all SELECTs of a statement read from together."""
MAX_COLUMNS = 4_000
"""How many columns all SELECTs of a statement have together, those that a star stands for included."""
_MAX_LABEL_LENGTH = 64
_MAX_NAME_BYTES = 63
"""Of a name in PostgreSQL."""
_LABELLED = ("sqlite", "mysql")
"""Dialects that head a column with its expression as it is written."""
_FOLDS = "postgres"
"""The dialect in which names without quotation marks are written small and capitals count."""


@dataclass(frozen=True)
class _Defined:
    """What a WITH defines: its new name, and its columns."""

    name: str
    columns: tuple[str | None, ...]


_Definitions = dict[str, _Defined]


def resolve(tree: exp.Query, schema: Schema) -> None:
    """Resolve the names of a statement, and write them anew in its tree. Raises StatementError."""
    _Resolution(schema).query(tree, None, {})


class _Resolution:
    """The resolution of one statement."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._folds = schema.dialect == _FOLDS
        self._columns = 0
        self._sources = 0
        self._defined = 0

    def query(self, query: exp.Expr, outer: Scope | None, known: _Definitions) -> tuple[str | None, ...]:
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

    def _with(self, query: exp.Expr, outer: Scope | None, known: _Definitions) -> _Definitions:
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
            alias.set("this", quoted(name))
        return known

    def _definition(
        self,
        definition: exp.CTE,
        key: str,
        name: str,
        outer: Scope | None,
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
        return folded(name, True) if self._folds else name.name.lower()

    def _renamed(self, columns: tuple[str | None, ...], alias: exp.Expr | None) -> tuple[str | None, ...]:
        """Columns under the names that an alias gives them."""
        names = alias.args.get("columns") if alias is not None else None
        if not names:
            return columns
        if len(names) > len(columns):
            raise StatementError(
                f"{alias.name if alias else ''} has {len(columns)} columns, not {len(names)}."
            )
        given = tuple(folded(self._identifier(name), self._folds) for name in names)
        return (*given, *columns[len(given) :])

    @staticmethod
    def _identifier(node: exp.Expr) -> exp.Identifier:
        """The name that a node is. Raises StatementError."""
        if isinstance(node, exp.Column) and not node.args.get("table"):
            node = node.this
        if not isinstance(node, exp.Identifier):
            raise StatementError("Write the names of columns here.")
        return node

    def _select(self, select: exp.Select, outer: Scope | None, known: _Definitions) -> tuple[str | None, ...]:
        scope = Scope(outer)
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
        self, query: exp.Expr, columns: Sequence[str | None], outer: Scope | None, known: _Definitions
    ) -> None:
        """Resolve the order of several SELECTs together, which only knows the names of their columns."""
        scope = Scope(outer, labels={name.lower() for name in columns if name is not None})
        for part in ("limit", "offset"):
            for clause in _listed(query.args.get(part)):
                self._expressions(clause, scope, known)
        for term in _terms(query):
            self._expressions(term, scope, known, is_order=True)

    def _add_source(self, node: exp.Expr, scope: Scope, known: _Definitions) -> None:
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

    def _add_derived(self, node: exp.Subquery, scope: Scope, known: _Definitions) -> None:
        columns = self.query(node, scope.outer, known)
        alias = node.args.get("alias") or exp.TableAlias()
        name = quoted(folded(alias.this, self._folds) if alias.this else self._new_name())
        alias.set("this", name)
        node.set("alias", alias)
        scope.sources.append(ColumnSource(name.copy(), self._renamed(columns, alias)))

    def _table(self, node: exp.Table, known: _Definitions) -> ColumnSource:
        """A table as a source; it is written anew."""
        if not isinstance(node.this, exp.Identifier):
            raise StatementError("Read from tables of the schema, by their names.")
        alias = node.args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise StatementError(f"Read the columns of {node.name} under their own names.")
        given = alias.this if alias is not None else None
        defined = None if node.args.get("db") else known.get(self._key(node.this))
        if defined is not None:
            name = folded(given or node.this, self._folds)
            node.set("this", quoted(defined.name))
            node.set("alias", exp.TableAlias(this=quoted(name)))
            return ColumnSource(quoted(name), defined.columns)
        table = table_of(node.this, node.args.get("db"), self._schema, self._folds)
        node.set("this", quoted(table.local_name))
        node.set("db", quoted(table.schema) if table.qualified else None)
        name = folded(given, self._folds) if given is not None else self._name_of(table)
        if given is not None or table.qualified:
            node.set("alias", exp.TableAlias(this=quoted(name)))
        return source_of(quoted(name), table, renamed=given is not None)

    def _name_of(self, table: Table) -> str:
        """A name by which a statement can call a table as no other; long ones would be cut off."""
        return table.name if len(table.name.encode()) <= _MAX_NAME_BYTES else self._new_name()

    def _join(self, join: exp.Join, scope: Scope, known: _Definitions) -> None:
        if join.args.get("method"):
            scope.is_natural = True
            if any(source.private for source in scope.sources):
                raise StatementError(
                    "Write JOIN … ON here: tables with private columns have no NATURAL JOIN."
                )
        for index, node in enumerate(join.args.get("using") or []):
            name = self._identifier(node)
            found = [spelled for source in scope.sources if (spelled := source.visible(name, self._folds))]
            self._refuse_private(name, scope)
            if len(found) < 2:
                raise StatementError(f"There is no column {name.name} that both sides have.")
            scope.shared.add(name.name.lower())
            join.args["using"][index].replace(quoted(found[0]))
        if join.args.get("on") is not None:
            self._expressions(join.args["on"], scope, known)

    def _projections(self, select: exp.Select, scope: Scope, known: _Definitions) -> tuple[str | None, ...]:
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
            return folded(node.args["alias"], self._folds)
        if isinstance(node, exp.Column):
            return node.name
        alias = node.args.get("alias") if isinstance(node, exp.Subquery) else None
        name = alias.this if isinstance(alias, exp.TableAlias) else alias
        return folded(name, self._folds) if isinstance(name, exp.Identifier) else None

    def _of_star(self, node: exp.Expr, scope: Scope) -> tuple[list[exp.Expr], list[str | None]] | None:
        """What a star stands for, with the names of its columns; None if it is none.

        Raises StatementError.
        """
        if isinstance(node, exp.Star):
            sources = scope.sources
        elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            source = self._source_called(node, scope)
            if source not in scope.sources:
                raise StatementError(f"There is no {node.table} in this FROM.")
            sources = [source]
        else:
            return None
        if not sources:
            raise StatementError("A star needs a table.")
        names = [column for source in sources for column in source.columns]
        if not any(source.private for source in sources):
            return [node], names
        return _spelled_out(sources, scope)

    def _source_called(self, node: exp.Column, scope: Scope) -> ColumnSource:
        """The source whose name stands before a column or a star; it is written anew."""
        for around in scope.around():
            found = around.named(node.args["table"], node.args.get("db"), self._folds)
            if len(found) > 1:
                raise StatementError(f"{node.table} could be several tables; write the schema before it.")
            if found:
                node.set("table", found[0].alias.copy())
                node.set("db", None)
                return found[0]
        before = f"{node.text('db')}." if node.args.get("db") else ""
        raise StatementError(f"There is no {before}{node.table} in FROM.")

    def _expressions(
        self, node: exp.Expr, scope: Scope, known: _Definitions, *, is_order: bool = False
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

    def _column(self, node: exp.Column, scope: Scope, *, is_term: bool) -> None:
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

    def _qualified(self, node: exp.Column, name: exp.Identifier, scope: Scope) -> None:
        source = self._source_called(node, scope)
        spelled = source.visible(name, self._folds)
        if spelled is None:
            if source.hides(name):
                raise _is_private(name)
            raise StatementError(f"There is no column {name.name} in {source.alias.name}.")
        node.set("this", quoted(spelled))

    def _unqualified(self, node: exp.Column, name: exp.Identifier, scope: Scope) -> None:
        inner = set[str]()
        for around in scope.around():
            found = around.found(name, self._folds)
            if len(found) > 1 and (name.name.lower() in around.shared or around.is_natural):
                self._refuse_private(name, around)
                node.set("this", quoted(found[0][1]))
                return
            if len(found) > 1:
                raise StatementError(f"{name.name} could be a column of several tables; write whose it is.")
            if found and around is scope and self._is_label(name, scope):
                return
            if found:
                self._write(node, *found[0], inner)
                return
            if around.hides(name):
                raise _is_private(name)
            if around is scope and self._is_label(name, scope):
                self._refuse_rows(name, scope)
                return
            inner |= {source.alias.name.lower() for source in around.sources}
        raise StatementError(f"There is no column {name.name} here.")

    @staticmethod
    def _write(node: exp.Column, source: ColumnSource, spelled: str, inner: set[str]) -> None:
        alias = source.alias.name
        if alias.lower() in inner:
            raise StatementError(f"{alias} means two things here; give one of them another name.")
        node.set("this", quoted(spelled))
        node.set("table", source.alias.copy())

    @staticmethod
    def _refuse_rows(name: exp.Identifier, scope: Scope) -> None:
        """Refuse a name that PostgreSQL could take for all columns of a source, private ones among them."""
        for around in scope.around():
            for source in around.sources:
                if source.private and source.alias.name.lower() == name.name.lower():
                    raise StatementError(f"{name.name} means two things here; give one of them another name.")

    def _is_label(self, name: exp.Identifier, scope: Scope) -> bool:
        """Whether a name is that of a column which a SELECT shows, and of nothing private around it."""
        if name.name.lower() not in scope.labels:
            return False
        for around in scope.around():
            self._refuse_private(name, around)
        return True

    def _refuse_private(self, name: exp.Identifier, scope: Scope) -> None:
        if scope.hides(name):
            raise _is_private(name)


def _is_private(name: exp.Identifier) -> StatementError:
    return StatementError(f"The values of {name.name} are kept private.")


def _spelled_out(sources: Iterable[ColumnSource], scope: Scope) -> tuple[list[exp.Expr], list[str | None]]:
    """The columns of sources one by one; what sources are joined by comes once. Raises StatementError."""
    columns, names, seen = list[exp.Expr](), list[str | None](), set[str]()
    for source in sources:
        for name in source.columns:
            if name is None:
                raise StatementError("Name all columns that a query in FROM shows.")
            if name.lower() in scope.shared and name.lower() in seen:
                continue
            seen.add(name.lower())
            columns.append(exp.Column(this=quoted(name), table=source.alias.copy()))
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
