"""Tools for databases: ask in words, run SQL."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from agent_tools.bounds import Limit, Offset, cut, cut_names, cut_rows, page_of
from agent_tools.sources import DatabaseName, asker, database_called
from kbqa.sql.public import DatabaseAnswer, json_result, kept_answer_of, sentence_of, services
from searchapp.errors import InvalidInput

_OTHER_READINGS = 3


def ask_database(
    database: DatabaseName,
    question: Annotated[str, Field(min_length=1, description="A question in English.")],
    previous: Annotated[
        UUID | None,
        Field(description="The `id` of an answer that the question goes on from: `and in Lisbon?`"),
    ] = None,
    limit: Limit = 20,
) -> dict[str, Any]:
    """Answer a question from a database, with the SQL that it was answered by.

    Where `sure` is false, the question can be read in several ways: choose one of `choices` by its words,
    or ask the person which is meant, and run its SQL with `run_sql`. `missing` names what the database has
    no word for. Where `next_offset` is there, run the SQL with `run_sql` from it on.
    """
    _, kept = services.ask(database_called(database), question, previous=previous, remember_for=asker())
    answer = kept_answer_of(kept)
    assert answer is not None
    return {**database_answer(answer, limit), "id": str(kept.link)}


def database_answer(answer: DatabaseAnswer, limit: int) -> dict[str, Any]:
    """An answer from a database as agents are told it."""
    readings = [
        {"sql": reading.query, "words": reading.words, "probability": round(reading.probability, 3)}
        for reading in answer.readings
    ]
    extra = {"missing": list(answer.missing), "notice": answer.notice, "follows": answer.follows}
    told = {name: value for name, value in extra.items() if value}
    best, result = answer.best, answer.result
    if best is None or result is None:
        return {
            "answered": False,
            "advice": f"{answer.refusal} describe_source tells what is in it.",
            "other_readings": readings[:_OTHER_READINGS],
            **told,
        }
    plain = json_result(result)
    rows = cut_rows(plain["rows"][:limit])
    return {
        "answered": True,
        "sure": answer.sure,
        "certainty": round(best.probability, 3),
        "sentence": cut(sentence_of(result, best.label)),
        "words": best.words,
        "sql": best.query,
        "columns": cut_names(plain["columns"]),
        **page_of(rows, 0, name="rows", more=result.truncated or len(result.rows) > limit),
        **({} if answer.sure else {"choices": [readings[number] for number in answer.choices]}),
        **told,
    }


def run_sql(
    database: DatabaseName,
    sql: Annotated[str, Field(min_length=1, max_length=200_000, description="One statement that reads.")],
    offset: Offset = 0,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Run one SQL statement that reads, in the database's own dialect, which `describe_source` tells.

    Pages are stable only where the statement has an ORDER BY. `truncated` tells that there are more rows
    than this installation reads: narrow the statement, or aggregate.
    """
    result, _ = services.run_sql(database_called(database), sql)
    rows = json_result(result)["rows"]
    if offset and offset >= len(rows):
        raise InvalidInput(f"The statement has {len(rows):,} rows.", field="offset")
    page = page_of(
        cut_rows(rows[offset : offset + limit]), offset, name="rows", more=offset + limit < len(rows)
    )
    return {"columns": cut_names(result.columns), **page, "truncated": result.truncated}
