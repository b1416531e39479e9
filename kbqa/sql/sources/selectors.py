"""Reading what there is of databases, for pages, API and asking."""

from collections.abc import Iterable, Sequence

from django.db.models import F, QuerySet

from kbqa.linking.held import Held, held_by
from kbqa.sql.answer.confirmed import Confirmed
from kbqa.sql.models import Cell, CellWord, Database, DatabaseQuestion

_MAX_JUDGED = 500


def databases() -> QuerySet[Database]:
    """The databases with their served scans, for lists."""
    return Database.objects.filter(deleting=False).select_related("serving")


def held(databases: Iterable[int], words: Sequence[str], keys: Sequence[str]) -> dict[int, Held]:
    """What the cells of each database, by its primary key, have of folded words and of keys of names."""
    return held_by(databases, words, keys, (CellWord, Cell))


def judged(database: Database) -> list[Confirmed]:
    """What people judged on a database, the newest judgement first, with the query that is right."""
    questions = database.questions.exclude(verdict="").select_related("judged_by").defer("answer")
    newest = questions.order_by(F("judged_at").desc(nulls_last=True), "-asked")[:_MAX_JUDGED]
    return [_confirmed(question) for question in newest]


def _confirmed(question: DatabaseQuestion) -> Confirmed:
    is_good = question.verdict == DatabaseQuestion.Verdict.GOOD
    return Confirmed(
        question.text,
        question.correction or (question.sql if is_good else ""),
        question.words,
        question.judged_by.get_username() if question.judged_by else "",
        (question.judged_at or question.asked).isoformat(timespec="seconds"),
    )
