"""Whatever is chosen, what comes out is SQL that runs."""

from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest

from kbqa.decoding.beam import BeamOptions, search
from kbqa.decoding.scorers import RandomScorer
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.answer.wording import in_words
from kbqa.sql.grammar import LinkedQuestion, start
from kbqa.sql.ingest.cells import CellReport, kind_of_cells, read_cells, told_by_cells
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Table
from kbqa.sql.stores.executor import Limits, execute
from kbqa.sql.stores.validator import checked
from tests.kbqa.sql.grammar.spelled import cases, spelled, step
from training.sql.oracle import NotWritableError, decisions
from training.sql.parser import parse_query

FOLDER = Path(__file__).parent
QUESTION = "Which 3 customers from Porto older than 30 bought a 'red chair' after 2024-01-01?"


@pytest.fixture
def world(shop) -> LinkedQuestion:
    return link_question(QUESTION, shop.schema, shop.cells)


@pytest.mark.parametrize("portion", range(4))
def test_queries_by_chance_run(shop, world, portion):
    written = 0
    for seed in range(portion * 60, portion * 60 + 60):
        for hypothesis in search(
            start(world, allow_no_answer=False), RandomScorer(seed), BeamOptions(width=2, margin=1e9)
        ):
            sql = query_text(hypothesis.state.query, shop.schema)
            execute(shop.engine, checked(sql, shop.schema), Limits(seconds=5, rows=10), dialect="sqlite")
            assert in_words(hypothesis.state.query, shop.schema).endswith(".")
            written += 1
    assert written > 60


def test_nothing_is_shown_or_asked_twice(world):
    for seed in range(60):
        for hypothesis in search(
            start(world, allow_no_answer=False), RandomScorer(seed), BeamOptions(width=2, margin=1e9)
        ):
            for query in hypothesis.state.query.queries():
                plain = [item for item in query.items if item.operator is None]
                assert len(set(plain)) == len(plain)
                valued = [
                    (each.item, each.comparison, each.values) for each in query.where if len(each.values) == 1
                ]
                assert len(set(valued)) == len(valued)


@pytest.mark.parametrize(("sql", "actions"), cases(FOLDER / "walks.txt"))
def test_known_queries_are_written_action_by_action(shop, world, sql, actions):
    query = parse_query(sql, shop.schema)
    assert ", ".join(spelled(decision.action) for decision in decisions(query, world)) == actions
    state = reduce(step, actions.split(", "), start(world))
    assert not state.step
    with shop.engine.connect() as connection:
        found, wanted = (
            sorted(connection.exec_driver_sql(text).fetchall(), key=repr)
            for text in (query_text(state.query, shop.schema), sql)
        )
    assert found == wanted


@pytest.mark.parametrize(("actions", "legal"), cases(FOLDER / "legal_actions.txt"))
def test_what_is_legal_and_holds(world, actions, legal):
    state = reduce(step, filter(None, actions.split(", ")), start(world))
    offered = state.legal_actions()
    holding = [action for action, holds in zip(offered, state.holds(offered), strict=True) if holds]
    assert ", ".join(map(spelled, holding)) == legal


def test_a_value_that_the_question_does_not_have_cannot_be_written(shop, world):
    with pytest.raises(NotWritableError):
        decisions(parse_query("SELECT name FROM customer WHERE age > 77", shop.schema), world)


def test_a_question_without_an_answer_is_one_choice(world):
    assert [decision.action.key for decision in decisions(None, world)] == ["NONE"]
    assert "NONE" not in {choice.key for choice in start(world, allow_no_answer=False).legal_actions()}


def test_tables_without_connection_are_not_offered_together(world):
    state = start(world)
    state = state.apply(
        next(choice for choice in state.legal_actions() if str(choice.key) == "customer.name")
    )
    offered = [
        choice
        for choice, holds in zip(state.legal_actions(), state.holds(state.legal_actions()), strict=True)
        if holds
    ]
    assert "größe.id" not in {str(choice.key) for choice in offered}
    assert "city.name" in {str(choice.key) for choice in offered}


@pytest.fixture
def read(shop) -> LinkedQuestion:
    """The world of which the cells were read, too, with numbers that stand as texts."""
    report = CellReport()
    tables = (*shop.schema.tables, Table("engine", (Column("power"), Column("built"), Column("maker"))))
    list(read_cells(shop.engine, shop.schema, report))
    values = {"power": ["150", "97", "null"], "built": ["1990-01-01", "2001-12-24"], "maker": ["Acme", "30"]}
    for name, cells in values.items():
        report.kinds[ColumnRef("engine", name)] = kind_of_cells(cells, ColumnType.TEXT)
    schema = told_by_cells(replace(shop.schema, tables=tables), report)
    return link_question(QUESTION, schema, shop.cells)


@pytest.mark.parametrize(
    ("actions", "there", "away"),
    [
        (
            "SUM",
            {"order.amount", "product.price", "engine.power"},
            {"city.name", "order.ordered_on", "city.city_id"},
        ),
        ("customer.name, WHERE, engine.maker", {"=", "CONTAINS"}, {">", "BETWEEN"}),
        ("customer.name, WHERE, engine.power", {"=", ">"}, set()),
        ("customer.name, WHERE, engine.power, >", {"'30'"}, {"'2024-01-01'", "'red chair'"}),
        ("customer.name, WHERE, engine.built, >", {"'2024-01-01'"}, {"'30'", "'Porto'"}),
        ("customer.name, WHERE, customer.name, =", {"'30'", "'red chair'", "'Porto'"}, set()),
        ("city.name, set UNION", {"customer.name", "engine.maker"}, {"customer.age", "order.ordered_on"}),
        ("city.name, set INTERSECT", {"customer.name"}, {"city.country", "customer.age"}),
        (
            "customer.name, WHERE, customer.customer_id, IN",
            {"order.customer_id"},
            {"order.amount", "city.name"},
        ),
    ],
)
def test_values_of_one_type_meet_on_sqlite_as_well(read, actions, there, away):
    state = start(read)
    for word in actions.split(", "):
        state = state.apply({spelled(action): action for action in state.legal_actions()}[word])
    legal = set(map(spelled, state.legal_actions()))
    assert there <= legal
    assert not legal & away
