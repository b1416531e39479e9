"""Queries as JSON, and back."""

import json

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import (
    Aggregate,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Having,
    Item,
    Period,
    Query,
    Variable,
)
from kbqa.sparql.query_json import query_from, query_json
from tests.kbqa.sparql.graphs import iri

X, Y = Variable(0), Variable(1)
EDGE = Edge(X, iri("p"), Literal("ü", language="de"), (iri("a"),))
WHOLE = Query(
    (EDGE,),
    (Filter(X, Comparison.AT_LEAST, Average(EDGE)), Filter(Y, Comparison.EQUAL, Period("1999-02"))),
    ((EDGE,), (EDGE, EDGE)),
    (Item(X), Item(None, Aggregate.COUNT)),
    Having(Item(Y, Aggregate.SUM), Comparison.LESS, Literal(3)),
    Item(Y),
    descending=True,
    limit=5,
    branches=(Branch((EDGE,), ()),),
    optionals=(EDGE,),
    numerals=frozenset((X, Y)),
)


@pytest.mark.parametrize("query", [WHOLE, Query(), Query((EDGE,))])
def test_a_query_comes_back(query):
    assert query_from(json.loads(json.dumps(query_json(query)))) == query


@pytest.mark.parametrize(
    "data",
    [None, 5, "x", [], {"a": "Nothing"}, {"a": "Query", "colour": 1}, {"term": "no term"}, {"a": "Edge"}],
)
def test_what_is_no_query(data):
    assert query_from(data) is None


def test_what_stands_in_a_query_is_what_it_was():
    made = query_from(query_json(WHOLE))
    assert isinstance(made.edges[0].predicate, NamedNode)
    assert made.filters[0].comparison is Comparison.AT_LEAST
