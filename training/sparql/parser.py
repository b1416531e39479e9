"""SPARQL text → `Query`, for the subset that the grammar writes; anything else is refused.

Equalities with texts become constants of the pattern, `||` of equalities alternatives, and what nothing
depends on is left to the caller to prune.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Node,
    Query,
    Term,
    Variable,
)

_TOKEN = re.compile(
    r"""\s*(?:(?P<iri><[^<>\s]*>)|(?P<variable>[?$]\w+)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>[-+]?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)?(?P<local>:(?:(?:[\w.%-]|\\.)*[\w%-])?)
    |(?P<word>[A-Za-z_]+)|(?P<sign>&&|\|\||!=|<=|>=|[{}().,;*=<>!/+-]))""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
_WHITE_SPACE = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_XSD = "http://www.w3.org/2001/XMLSchema#"


class UnsupportedQueryError(ValueError):
    """The text is not SPARQL of the subset."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def parse_query(text: str, prefixes: dict[str, str] | None = None) -> Query:
    """The query that `text` writes. Raises UnsupportedQueryError."""
    return _Parser(_tokens(text), prefixes or {}).query()


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnsupportedQueryError(f"Cannot read {text[position : position + 20]!r}.")
        position = match.end()
        kind = "local" if match.group("local") else str(match.lastgroup)
        token = (match.group("name") or "") + match.group("local") if kind == "local" else match.group(kind)
        tokens.append(_Token(kind, token.replace("$", "?") if kind == "variable" else token))
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token], prefixes: dict[str, str]) -> None:
        self.tokens, self.position, self.prefixes = tokens, 0, dict(prefixes)
        self.variables: dict[str, Variable] = {}
        self.named: dict[str, Item] = {}
        self.edges: list[Edge] = []
        self.filters: list[Filter] = []
        self.means: dict[str, Average] = {}
        self.alternatives: list[list[Filter]] = []

    def query(self) -> Query:
        while self._word("prefix"):
            name = self._of_kind("local", "a prefix").removesuffix(":")
            self.prefixes[name] = self._of_kind("iri", "an IRI")[1:-1]
        if self._word("ask"):
            self._word("where")
            self._group()
            query = Query()
        else:
            self._expect("select")
            columns = self._columns()
            self._word("where")
            self._group()
            query = self._modifiers(Query(columns=tuple(columns)))
        if self.position != len(self.tokens):
            raise UnsupportedQueryError(f"{self._peek().text} is not expected here.")
        return self._fold(query)

    def _columns(self) -> list[Item]:
        self._word("distinct")
        columns = []
        while not self._at("{") and not self._at_word("where"):
            if self._sign("("):
                item = self._expression()
                self._expect("as")
                self.named[self._next().text.lower()] = item
                self._expect_sign(")")
                columns.append(item)
            elif self._at_word("count"):
                columns.append(self._expression())
            else:
                columns.append(Item(self._variable()))
        if not columns:
            raise UnsupportedQueryError("A SELECT of nothing.")
        return columns

    def _expression(self) -> Item:
        if self._peek().kind == "variable":
            name = self._peek().text.lower()
            if name in self.named:
                self._next()
                return self.named[name]
            return Item(self._variable())
        name = self._next().text.upper()
        if name not in set(Aggregate):
            raise UnsupportedQueryError(f"{name} is not an aggregate.")
        self._expect_sign("(")
        distinct = self._word("distinct")
        variable = None if self._sign("*") else self._variable()
        self._expect_sign(")")
        if variable is None and name != Aggregate.COUNT:
            raise UnsupportedQueryError(f"{name} of whole solutions.")
        if distinct and name in (Aggregate.SUM, Aggregate.AVG):
            raise UnsupportedQueryError(f"{name} of distinct values.")
        return Item(variable, Aggregate.COUNT_DISTINCT if distinct and name == "COUNT" else Aggregate(name))

    def _group(self) -> None:
        self._expect_sign("{")
        while not self._sign("}"):
            if self._sign("."):
                continue
            if self._word("filter"):
                self._filter()
            elif self._at("{"):
                self._mean()
            else:
                self._triple()

    def _triple(self) -> None:
        subject = self._node()
        while True:
            predicate = RDF_TYPE if self._word("a") else self._node()
            if not isinstance(predicate, NamedNode):
                raise UnsupportedQueryError("A predicate must be an IRI.")
            self._add(Edge(subject, predicate, self._node()))
            if not self._sign(";"):
                return

    def _add(self, edge: Edge) -> None:
        if edge not in self.edges:
            self.edges.append(edge)

    def _filter(self) -> None:
        if self._word("contains"):
            self.filters.append(self._contains())
            return
        self._expect_sign("(")
        if self._word("contains"):
            self.filters.append(self._contains())
            self._expect_sign(")")
            return
        groups = [[self._comparison()]]
        while not self._sign(")"):
            if self._sign("&&"):
                groups.append([self._comparison()])
            elif self._sign("||"):
                groups[-1].append(self._comparison())
            else:
                raise UnsupportedQueryError(f"{self._peek().text} in a filter.")
        if len(groups) > 1 and any(len(group) > 1 for group in groups):
            raise UnsupportedQueryError("A mixture of && and ||.")
        for group in groups:
            if len(group) == 1:
                self.filters.append(group[0])
            else:
                self.alternatives.append(group)

    def _contains(self) -> Filter:
        self._expect_sign("(")
        variable = self._variable()
        self._expect_sign(",")
        value = self._node()
        self._expect_sign(")")
        return Filter(variable, Comparison.CONTAINS, self._term(value))

    def _comparison(self) -> Filter:
        nested = self._sign("(")
        variable, sign = self._variable(), self._comparison_sign()
        if self._peek().kind == "variable":
            comparison = Filter(variable, sign, _Pending(self._next().text.lower()))  # type: ignore[arg-type]
        else:
            comparison = Filter(variable, sign, self._term(self._node()))
        if nested:
            self._expect_sign(")")
        return comparison

    def _comparison_sign(self) -> Comparison:
        sign = self._next().text
        if sign not in set(Comparison) - {Comparison.CONTAINS}:
            raise UnsupportedQueryError(f"{sign} is not a comparison.")
        return Comparison(sign)

    def _mean(self) -> None:
        """`{ SELECT (AVG(?x) AS ?mean) WHERE { ?s a C . ?s p ?x } }`."""
        self._expect_sign("{")
        inner = _Parser([], self.prefixes)
        inner.tokens, inner.position = self.tokens, self.position
        inner._expect("select")
        columns = inner._columns()
        inner._word("where")
        inner._group()
        self.position = inner.position
        self._expect_sign("}")
        if len(columns) != 1 or columns[0].aggregate != Aggregate.AVG or inner.filters or inner.alternatives:
            raise UnsupportedQueryError("An inner query other than a mean.")
        edge = next((edge for edge in inner.edges if edge.object == columns[0].variable), None)
        if edge is None:
            raise UnsupportedQueryError("A mean of nothing.")
        if any(other != edge and other.predicate != RDF_TYPE for other in inner.edges):
            raise UnsupportedQueryError("An inner query other than a mean.")
        self.means[next(iter(inner.named))] = Average(edge)

    def _modifiers(self, query: Query) -> Query:
        while self.position < len(self.tokens):
            if self._word("group"):
                self._expect("by")
                while self._peek().kind == "variable":
                    self._variable()
            elif self._word("having"):
                self._expect_sign("(")
                item, sign = self._expression(), self._comparison_sign()
                query = replace(query, having=Having(item, sign, self._term(self._node())))
                self._expect_sign(")")
            elif self._word("order"):
                self._expect("by")
                query = self._order(query)
            elif self._word("limit"):
                query = replace(query, limit=self._limit())
            else:
                raise UnsupportedQueryError(f"{self._peek().text} is not expected here.")
        return query

    def _limit(self) -> int:
        text = self._of_kind("number", "a number")
        if not text.isdecimal():
            raise UnsupportedQueryError(f"{text} where a number is expected.")
        return int(text)

    def _order(self, query: Query) -> Query:
        descending = self._word("desc")
        if not descending:
            self._word("asc")
        bracket = self._sign("(")
        item = self._expression()
        if bracket:
            self._expect_sign(")")
        is_variable = self._peek().kind == "variable"
        if self._at(",") or is_variable or self._at_word("desc") or self._at_word("asc"):
            raise UnsupportedQueryError("Several orders.")
        return replace(query, order=item, descending=descending)

    def _fold(self, query: Query) -> Query:
        """The query with its edges and filters, means in their places."""
        filters = []
        for condition in self.filters:
            if isinstance(condition.value, _Pending):
                mean = self.means.get(condition.value.name)
                if mean is None:
                    raise UnsupportedQueryError("A comparison with a variable.")
                condition = replace(condition, value=mean)  # noqa: PLW2901
            filters.append(condition)
        return folded(replace(query, edges=tuple(self.edges), filters=tuple(filters)), self.alternatives)

    def _variable(self) -> Variable:
        name = self._of_kind("variable", "a variable")
        return self.variables.setdefault(name.lower(), Variable(len(self.variables)))

    def _node(self) -> Node:
        token = self._peek()
        if token.kind == "variable":
            return self._variable()
        self._next()
        if token.kind == "iri":
            return NamedNode(token.text[1:-1])
        if token.kind == "local":
            prefix, _, local = token.text.partition(":")
            if prefix not in self.prefixes:
                raise UnsupportedQueryError(f"The prefix {prefix}: is not known.")
            return NamedNode(self.prefixes[prefix] + _ESCAPED.sub(r"\1", local))
        if token.kind == "string":
            return Literal(_ESCAPED.sub(_character, token.text[1:-1]))
        if token.kind == "number":
            return Literal(
                token.text, datatype=NamedNode(_XSD + ("decimal" if "." in token.text else "integer"))
            )
        raise UnsupportedQueryError(f"{token.text} where a term is expected.")

    def _term(self, node: Node) -> Term:
        if isinstance(node, Variable):
            raise UnsupportedQueryError("A variable where a value is expected.")
        return node

    def _of_kind(self, kind: str, expected: str) -> str:
        token = self._next()
        if token.kind != kind:
            raise UnsupportedQueryError(f"{token.text} where {expected} is expected.")
        return token.text

    def _peek(self) -> _Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else _Token("end", "")

    def _next(self) -> _Token:
        self.position += 1
        if self.position > len(self.tokens):
            raise UnsupportedQueryError("The text ends too soon.")
        return self.tokens[self.position - 1]

    def _at(self, sign: str) -> bool:
        return self._peek() == _Token("sign", sign)

    def _at_word(self, word: str) -> bool:
        return self._peek().kind == "word" and self._peek().text.lower() == word

    def _sign(self, sign: str) -> bool:
        is_there = self._at(sign)
        self.position += is_there
        return is_there

    def _word(self, word: str) -> bool:
        is_there = self._at_word(word)
        self.position += is_there
        return is_there

    def _expect(self, word: str) -> None:
        if not self._word(word):
            raise UnsupportedQueryError(f"{self._peek().text} where {word} is expected.")

    def _expect_sign(self, sign: str) -> None:
        if not self._sign(sign):
            raise UnsupportedQueryError(f"{self._peek().text} where {sign} is expected.")


def folded(query: Query, alternatives: Sequence[Sequence[Filter]]) -> Query:
    """Turn equalities with texts into constants, and `alternatives` of equalities into one edge.

    Raises UnsupportedQueryError.
    """
    filters = []
    for condition in query.filters:
        shorter = _with_constant(query, condition, ()) if condition.comparison == Comparison.EQUAL else None
        query = shorter or query
        filters += [] if shorter else [condition]
    for first, *rest in alternatives:
        kinds = {(condition.variable, condition.comparison) for condition in (first, *rest)}
        with_alternatives = None
        if kinds == {(first.variable, Comparison.EQUAL)}:
            with_alternatives = _with_constant(query, first, tuple(condition.value for condition in rest))  # type: ignore[misc]
        if with_alternatives is None:
            raise UnsupportedQueryError("Alternatives of different things.")
        query = with_alternatives
    return replace(query, filters=tuple(filters))


def _with_constant(query: Query, condition: Filter, alternatives: tuple[Term, ...]) -> Query | None:
    """The query with a text for the variable that is compared with it, where nothing else needs that."""
    variable = condition.variable
    edges = [edge for edge in query.edges if variable in (edge.subject, edge.object)]
    is_leaf = len(edges) == 1 and edges[0].object == variable
    are_texts = all(map(_is_text, (condition.value, *alternatives)))
    if not is_leaf or not are_texts or _is_used_elsewhere(query, condition):
        return None
    constant = replace(edges[0], object=condition.value, alternatives=alternatives)  # type: ignore[arg-type]
    return replace(query, edges=tuple(constant if edge == edges[0] else edge for edge in query.edges))


def _is_used_elsewhere(query: Query, condition: Filter) -> bool:
    """Whether more than the edges that all solutions have, and this condition, needs a variable."""
    variable = condition.variable
    items = (*query.columns, query.order, query.having.item if query.having else None)
    edges = [
        *query.optionals,
        *(edge for group in query.negations for edge in group),
        *(edge for branch in query.branches for edge in branch.edges),
    ]
    filters = [*query.filters, *(other for branch in query.branches for other in branch.filters)]
    return (
        any(item is not None and item.variable == variable for item in items)
        or any(variable in (edge.subject, edge.object) for edge in edges)
        or sum(other.variable == variable for other in filters) > (condition in query.filters)
    )


@dataclass(frozen=True)
class _Pending:
    """A comparison with a variable that an inner query may bind."""

    name: str


def _character(escaped: re.Match[str]) -> str:
    return _WHITE_SPACE.get(escaped.group(1), escaped.group(1))


def _is_text(value: object) -> bool:
    return isinstance(value, Literal) and (
        value.language is not None or value.datatype.value == f"{_XSD}string"
    )
