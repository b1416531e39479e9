"""Reading what there is of databases, for pages and API."""

from typing import Any

from django.db.models import QuerySet

from kbqa.sql.models import Database, DatabaseQuestion


def databases() -> QuerySet[Database]:
    """Return the databases with their served scans, for lists."""
    return Database.objects.filter(deleting=False).select_related("serving")


def history(database: Database, number: int = 20) -> QuerySet[DatabaseQuestion]:
    """Return the last questions that a database was asked."""
    return database.questions.all()[:number]


def training_examples(questions: QuerySet[DatabaseQuestion]) -> list[dict[str, Any]]:
    """Return what people judged of some questions on databases, as examples to train on."""
    judged = questions.exclude(verdict="").select_related("database")
    return [
        {"db_id": each.database.slug, "question": each.text, "sql": each.correction or each.sql}
        for each in judged
        if each.correction or each.verdict == DatabaseQuestion.Verdict.GOOD
    ]
