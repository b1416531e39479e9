"""Reading what there is, for pages and API."""

from typing import Any

from django.db.models import QuerySet

from kbqa.models import Database, DatabaseQuestion, Graph, Question


def graphs() -> QuerySet[Graph]:
    """Return the graphs with their served versions, for lists."""
    return Graph.objects.filter(deleting=False).select_related("serving")


def history(graph: Graph, number: int = 20) -> QuerySet[Question]:
    """Return the last questions that a graph was asked."""
    return graph.questions.all()[:number]


def databases() -> QuerySet[Database]:
    """Return the databases with their served scans, for lists."""
    return Database.objects.filter(deleting=False).select_related("serving")


def database_history(database: Database, number: int = 20) -> QuerySet[DatabaseQuestion]:
    """Return the last questions that a database was asked."""
    return database.questions.all()[:number]


def database_examples(questions: QuerySet[DatabaseQuestion]) -> list[dict[str, Any]]:
    """Return what people judged of some questions on databases, as examples to train on."""
    judged = questions.exclude(verdict="").select_related("database")
    return [
        {"db_id": each.database.slug, "question": each.text, "sql": each.correction or each.sql}
        for each in judged
        if each.correction or each.verdict == DatabaseQuestion.Verdict.GOOD
    ]


def training_examples(questions: QuerySet[Question]) -> list[dict[str, Any]]:
    """Return what people judged of some questions, as examples to train on: the corrected query, or the one that was right."""
    judged = questions.exclude(verdict="").select_related("graph")
    return [
        {"graph": each.graph.slug, "question": each.text, "sparql": each.correction or each.sparql}
        for each in judged
        if each.correction or each.verdict == Question.Verdict.GOOD
    ]
