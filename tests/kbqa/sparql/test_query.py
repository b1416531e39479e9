"""A query's text, clause by clause: `query_text.txt` has the cases."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, parse

from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Branch,
    Choice,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Node,
    Operation,
    Period,
    Query,
    Reach,
    Value,
    Variable,
    pattern_text,
    query_text,
)

X, Y, Z = Variable(0), Variable(1), Variable(2)
P, Q, A, B = (NamedNode(f"urn:{name}") for name in "pqab")
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
WORD = re.compile(r'"(?:[^"\\]|\\.)*"(?:@\w+)?|\S+')


def cases() -> list[tuple[str, list[str], str]]:
    text = Path(__file__).with_name("query_text.txt").read_text(encoding="utf-8")
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith("#")]
    found = []
    for block in blocks:
        written, expected = block.split("\n=>\n")
        about, *clauses = written.split("\n")
        found.append((about, clauses, expected))
    return found


def node(word: str) -> Node:
    if word.startswith("?value"):
        return Value(int(word.removeprefix("?value")))
    if word.startswith("?"):
        return Variable(int(word[1:]))
    if word.startswith('"'):
        return next(iter(parse(f"<a:s> <a:p> {word} .", format=RdfFormat.N_TRIPLES))).object
    if word.isdecimal():
        return Literal(int(word))
    return RDF_TYPE if word == "a" else NamedNode(f"urn:{word}")


def edge(text: str) -> Edge:
    pattern, _, others = text.partition(" | ")
    subject, predicate, target = WORD.findall(pattern)
    reach = Reach.MANY if predicate.endswith("+") else Reach.ONE
    ends = node(subject), node(predicate.removesuffix("+")), node(target)
    return Edge(*ends, tuple(map(node, WORD.findall(others))), reach)


def condition(text: str) -> Filter:
    variable, comparison, value = text.split(" ", 2)
    return Filter(node(variable), Comparison(comparison), compared_with(value))


def compared_with(text: str) -> Node | Average | Period:
    match text.split(" ", 1):
        case "mean", of:
            return Average(edge(of))
        case "period", beginning:
            return Period(beginning)
    return node(text)


def item(text: str) -> Item:
    if text.split(maxsplit=1)[0] in list(Operation):
        operation, left, right = text.split()
        return Item(node(left), None, Operation(operation), node(right))
    *aggregate, variable = text.split()
    return Item(None if variable == "*" else node(variable), Aggregate(aggregate[0]) if aggregate else None)


def branch(text: str) -> Branch:
    parts = text.split(" ; ")
    conditions = [part.removeprefix("filter ") for part in parts if part.startswith("filter ")]
    edges = [part for part in parts if not part.startswith("filter ")]
    return Branch(tuple(map(edge, edges)), tuple(map(condition, conditions)))


def having(text: str) -> Having:
    of, comparison, value = text.rsplit(" ", 2)
    return Having(item(of), Comparison(comparison), node(value))


def choice(text: str) -> Choice:
    variable, *terms = map(node, text.split())
    return Choice(variable, tuple(terms))


SEVERAL = {
    "choice": ("choices", choice),
    "value": ("values", lambda text: query_of(text.split(" ; "))),
    "edge": ("edges", edge),
    "filter": ("filters", condition),
    "not": ("negations", lambda text: tuple(map(edge, text.split(" ; ")))),
    "branch": ("branches", branch),
    "optional": ("optionals", edge),
    "column": ("columns", item),
}


def with_clause(query: Query, kind: str, text: str) -> Query:
    if kind in SEVERAL:
        name, read = SEVERAL[kind]
        return replace(query, **{name: (*getattr(query, name), read(text))})
    if kind == "order":
        direction, of = text.split(" ", 1)
        return replace(query, order=item(of), descending=direction == "DESC")
    if kind == "having":
        return replace(query, having=having(text))
    return replace(query, **{kind: int(text)})


def query_of(clauses: list[str]) -> Query:
    query = Query()
    for clause in clauses:
        query = with_clause(query, *clause.split(" ", 1))
    return query


@pytest.mark.parametrize(("about", "clauses", "expected"), cases(), ids=[about for about, _, _ in cases()])
def test_every_clause_has_its_text(about, clauses, expected):
    text = query_text(query_of(clauses))
    Store().query(text)
    text = re.sub(r"<urn:(\w+)>", r":\1", text)
    assert re.sub(r"<http://www\.w3\.org/2001/XMLSchema#(\w+)>", r"xsd:\1", text) == expected


def test_a_pattern_is_looked_at_for_so_many_solutions_of_its_edges_only():
    query = Query((Edge(X, P, Y),), (Filter(Y, Comparison.GREATER, Literal(3)),))
    assert pattern_text(query, limit=9) == (
        "{ SELECT * WHERE { ?x0 <urn:p> ?x1 . } LIMIT 9 } "
        'FILTER (?x1 > "3"^^<http://www.w3.org/2001/XMLSchema#integer>)'
    )


def test_means_of_a_branch_and_of_the_whole_are_each_compared_with():
    lines = "".join(
        f'<urn:{n}> <urn:p> "{n}"^^<{INTEGER}> ; <urn:q> "{n * 10}"^^<{INTEGER}> .' for n in range(4)
    )
    store = Store()
    store.load(lines.encode(), format=RdfFormat.TURTLE)
    above = Filter(Y, Comparison.GREATER, Average(Edge(X, P, Y)))
    branch = Branch((Edge(X, Q, Z),), (Filter(Z, Comparison.LESS, Average(Edge(X, Q, Z))),))
    other = Branch((Edge(X, Q, Z),), (Filter(Z, Comparison.GREATER, Average(Edge(X, Q, Z))),))
    query = Query((Edge(X, P, Y),), (above,), columns=(Item(X),), branches=(branch, other))
    assert {row[0].value for row in store.query(query_text(query))} == {"urn:2", "urn:3"}


def test_all_edges_are_those_of_branches_and_what_may_be_missing_too():
    edges = Edge(X, P, A), Edge(X, P, B), Edge(X, Q, A), Edge(X, Q, B), Edge(X, P, Y)
    query = Query(
        edges[:1],
        negations=((edges[4],),),
        branches=(Branch(edges[1:2]), Branch(edges[2:3])),
        optionals=edges[3:4],
    )
    assert query.every_edge == edges[:4]


@pytest.mark.parametrize(("lengths", "required"), [((), 1), ((1,), 2), ((1, 3), 4), ((3, 1), 4), ((0, 0), 1)])
def test_a_solution_has_the_common_edges_and_those_of_the_longest_branch(lengths, required):
    branches = tuple(Branch((Edge(X, Q, Y),) * length) for length in lengths)
    query = Query((Edge(X, P, Y),), branches=branches, optionals=(Edge(X, Q, Z),))
    assert query.required == required


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (Query(columns=(Item(X), Item(Y))), ()),
        (Query(columns=(Item(X), Item(Y, Aggregate.SUM))), (X,)),
        (Query(columns=(Item(Y, Aggregate.SUM),)), ()),
        (Query(columns=(Item(X),), order=Item(Y)), ()),
        (Query(columns=(Item(X),), order=Item(Y, Aggregate.COUNT)), (X,)),
        (
            Query(
                columns=(Item(X), Item(Z)), having=Having(Item(Y, Aggregate.MAX), Comparison.LESS, Literal(1))
            ),
            (X, Z),
        ),
    ],
)
def test_an_aggregate_anywhere_groups_by_the_plain_columns(query, variables):
    assert query.grouped == variables
