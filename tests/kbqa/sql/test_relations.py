"""What candidates are to each other, by a small schema linked by hand."""

import pytest

from kbqa.decoding.actions import Action
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.names import CellNames
from kbqa.sql.relations import RELATIONS, relate
from kbqa.sql.schema import Column, ColumnRef, ForeignKey, Schema, Table
from tests.kbqa.linking.name_index import NamesInMemory, cell

SHOP = Schema(
    (
        Table("city", (Column("city_id", primary=True), Column("name"))),
        Table("customer", (Column("customer_id", primary=True), Column("name"), Column("city_id"))),
    ),
    (ForeignKey(ColumnRef("customer", "city_id"), ColumnRef("city", "city_id")),),
)
CELLS = CellNames(NamesInMemory.of(cell("Porto", "city\tname")))


@pytest.fixture(scope="module")
def candidates() -> tuple[Action, ...]:
    return link_question("more than 3 customers in Porto", SHOP, CELLS).candidates


@pytest.mark.parametrize(
    ("one", "other", "relation", "back"),
    [
        ("city", "city", "itself", "itself"),
        (("city", "city_id"), "city", "key of table", "table of key"),
        (("city", "name"), "city", "column of table", "table of column"),
        (("city", "name"), ("city", "city_id"), "column of the same table", "column of the same table"),
        (("city", "name"), ("customer", "name"), "same name", "same name"),
        (("customer", "city_id"), ("city", "city_id"), "refers", "referred"),
        ("customer", "city", "table refers", "table referred"),
        ("Porto", ("city", "name"), "value of column", "column of value"),
        ("Porto", "city", "value of table", "table of value"),
        ("Porto", ("customer", "name"), "", ""),
        ("3", "city", "", ""),
        ("3", "3", "itself", "itself"),
    ],
)
def test_relations(candidates, one, other, relation, back):
    def index(name: str | tuple[str, str]) -> int:
        key = ColumnRef(*name) if isinstance(name, tuple) else name
        (place,) = [place for place, action in enumerate(candidates) if key in (action.key, _value(action))]
        return place

    related = relate(SHOP, candidates)
    assert RELATIONS[related[index(one), index(other)]] == relation
    assert RELATIONS[related[index(other), index(one)]] == back


def _value(action: Action) -> object:
    return action.key[1] if isinstance(action.key, tuple) else None


def test_a_key_within_one_table_is_no_relation_of_the_table_to_itself():
    staff = Schema(
        (Table("staff", (Column("id", primary=True), Column("boss"))),),
        (ForeignKey(ColumnRef("staff", "boss"), ColumnRef("staff", "id")),),
    )
    candidates = link_question("staff", staff, CellNames()).candidates
    names = [[RELATIONS[index] for index in row] for row in relate(staff, candidates)]
    assert names == [
        ["itself", "table of key", "table of column"],
        ["key of table", "itself", "referred"],
        ["column of table", "refers", "itself"],
    ]
