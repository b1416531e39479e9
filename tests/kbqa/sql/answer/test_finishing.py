"""What an analyst would add to a query without being told."""

from dataclasses import replace

import pytest

from kbqa.sql.answer.finishing import finished
from kbqa.sql.query import Aggregate, AllOf, Item, Order, Query, Term
from kbqa.sql.rendering import query_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, ForeignKey, Formula, Schema, Table
from training.sql.parser import parse_query

N, D = ColumnType.NUMBER, ColumnType.DATE
KEYS = tuple(Column(name, N, primary=True) for name in ("pupil_id", "visit_id", "course_id"))
SCHOOL = Schema(
    (
        Table(
            "pupil",
            (
                Column("pupil_id", N, primary=True),
                Column("Fname"),
                Column("LName"),
                Column("born", D, "DATE"),
            ),
        ),
        Table("visit", (KEYS[1], Column("pupil_id", N), Column("course_id", N))),
        Table(
            "course",
            (Column("course_id", N, primary=True), Column("title"), Column("fee", N), Column("year", N)),
        ),
    ),
    (
        ForeignKey(ColumnRef("visit", "pupil_id"), ColumnRef("pupil", "pupil_id")),
        ForeignKey(ColumnRef("visit", "course_id"), ColumnRef("course", "course_id")),
    ),
)


def written(sql: str, question: str = "") -> str:
    return query_text(finished(parse_query(sql, SCHOOL), question, SCHOOL), SCHOOL)


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("What are the names of the pupils?", "Fname, LName"),
        ("Who is a pupil?", "Fname, LName"),
        ("first names of the pupils", "Fname"),
        ("Give the given name of all pupils", "Fname"),
        ("List the pupils", "Fname"),
    ],
)
def test_people_have_whole_names_where_names_are_asked_for(question, columns):
    assert written("SELECT Fname FROM pupil", question) == f"SELECT {columns} FROM pupil"


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("Show the three dearest courses with their fees", "title, fee"),
        ("titles and their years, sorted by fee", "title, year"),
        ("List the courses with their teachers", "title"),
        ("courses with the highest fee", "title"),
    ],
)
def test_what_is_asked_for_beside_something_is_shown(question, columns):
    assert written("SELECT title FROM course ORDER BY fee", question).startswith(f"SELECT {columns} FROM")
    assert written("SELECT COUNT(*) FROM course", question) == "SELECT COUNT(*) FROM course"


def test_who_has_the_most_of_something_has_it_in_all():
    joined = "pupil JOIN visit USING (pupil_id) JOIN course USING (course_id)"
    sql = f"SELECT LName FROM {joined} ORDER BY fee DESC LIMIT 1"
    assert "GROUP BY pupil.pupil_id ORDER BY SUM(course.fee) DESC" in written(sql, "Who paid the most fees?")
    assert "ORDER BY course.fee DESC" in written(sql, "Who paid the highest fee?")
    dearest = "SELECT title FROM course ORDER BY fee DESC NULLS LAST LIMIT 1"
    assert written(dearest, "Which course has the most fees?") == written(dearest)


def test_a_last_name_that_is_shown_or_private_is_not_added():
    both = "SELECT LName, Fname FROM pupil"
    assert written(both, "names of pupils") == both
    private = Schema((Table("pupil", (Column("Fname"), Column("LName", excluded=True))),))
    query = Query((Item(Term(ColumnRef("pupil", "Fname"))),))
    assert finished(query, "names of pupils", private) == query


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT year, COUNT(*) FROM course GROUP BY year",
            "SELECT year, COUNT(*) FROM course GROUP BY year ORDER BY year ASC",
        ),
        (
            "SELECT year, COUNT(*) FROM course GROUP BY year ORDER BY COUNT(*) DESC",
            "SELECT year, COUNT(*) FROM course GROUP BY year ORDER BY COUNT(*) DESC",
        ),
        (
            "SELECT title, COUNT(*) FROM course GROUP BY title",
            "SELECT title, COUNT(*) FROM course GROUP BY title",
        ),
        ("SELECT COUNT(*) FROM course GROUP BY year", "SELECT COUNT(*) FROM course GROUP BY year"),
    ],
)
def test_groups_by_time_are_sorted_where_nothing_else_is_asked(sql, expected):
    assert written(sql) == expected


VISITED = "FROM pupil JOIN visit ON pupil.pupil_id = visit.pupil_id"
MANY = f"{VISITED} JOIN course ON visit.course_id = course.course_id"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT pupil.LName {MANY} WHERE course.fee > 3", "SELECT DISTINCT pupil.LName"),
        (
            f"SELECT COUNT(pupil.pupil_id) {MANY} WHERE course.fee > 3",
            "COUNT(DISTINCT pupil.pupil_id)",
        ),
        (
            f"SELECT AVG(course.fee) {MANY} WHERE pupil.LName = 'Bo'",
            "SELECT AVG(fee) FROM course WHERE course_id IN (SELECT visit.course_id FROM visit"
            " JOIN pupil ON visit.pupil_id = pupil.pupil_id WHERE pupil.LName = 'Bo')",
        ),
        (f"SELECT title, COUNT(visit.visit_id) {MANY} GROUP BY course.title", "COUNT(visit.visit_id)"),
        (f"SELECT pupil.LName, course.title {MANY}", "SELECT DISTINCT pupil.LName, course.title"),
        ("SELECT title FROM course WHERE fee > 3", "SELECT title FROM course"),
        (
            f"SELECT visit.visit_id {VISITED} WHERE LName = 'Bo'",
            "SELECT visit.visit_id",
        ),
        (
            f"SELECT pupil.LName {MANY} WHERE course.fee > 3 ORDER BY pupil.born DESC LIMIT 1",
            "SELECT pupil.LName",
        ),
    ],
)
def test_what_a_join_repeats_is_there_once(sql, expected):
    assert expected in written(sql)


def test_a_number_of_what_the_groups_are_is_left_as_it_is():
    """Each group would have one: the rows that belong to it are meant."""
    grouped = Query(
        (Item(Term(ColumnRef("pupil", "LName"))), Item(Term(AllOf("pupil"), "COUNT"))),
        with_tables=("visit",),
        group=(ColumnRef("visit", "pupil_id"),),
    )
    assert "COUNT(*)" in query_text(finished(grouped, "", SCHOOL), SCHOOL)


def test_tables_that_only_connect_others_are_named():
    query = parse_query(f"SELECT pupil.LName {MANY} WHERE course.fee > 3", SCHOOL)
    assert query.with_tables == ()
    assert finished(query, "", SCHOOL).with_tables == ("visit",)


def test_a_metric_is_aggregated_as_it_was_defined_unless_the_question_says_how():
    formula = Formula('"course"."fee" * 2', ("visit", "course"), "SUM")
    visit = SCHOOL.table("visit")
    wider = replace(visit, columns=(*visit.columns, Column("earned", N, formula=formula)))
    schema = replace(SCHOOL, tables=(SCHOOL.tables[0], wider, SCHOOL.tables[2]))
    earned = Term(ColumnRef("visit", "earned"))
    name = Item(Term(ColumnRef("pupil", "LName")))

    def sql(query: Query, question: str) -> str:
        return query_text(finished(query, question, schema), schema)

    plain = sql(Query((name, Item(earned))), "what is earned?")
    assert "SUM((course.fee * 2))" in plain
    assert plain.endswith("GROUP BY pupil.LName")
    most = replace(earned, aggregate=Aggregate.MAX)
    assert "MAX(" in sql(Query((Item(most),)), "the highest earned of a visit")
    order = (Order(Item(most), descending=True),)
    highest = Query((name,), group=(name.term.operand,), order=order, limit=1)
    assert "ORDER BY SUM(" in sql(highest, "who has the highest earned?")
