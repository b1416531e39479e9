"""Queries that a decoder writes by chance: whatever it likes, a database runs them."""

from kbqa.decoding.beam import BeamOptions, search
from kbqa.decoding.scorers import RandomScorer
from kbqa.sql.answer.finishing import finished
from kbqa.sql.answer.pipeline import Reading, run
from kbqa.sql.answer.schema_linking import link_question
from kbqa.sql.grammar import start
from kbqa.sql.rendering import query_text
from kbqa.sql.stores.databases import Source
from kbqa.sql.stores.executor import Limits


def run_by_chance(
    source: Source, question: str, seeds: int, *, finished_for: str = ""
) -> tuple[int, set[str]]:
    """Return how many queries by chance on a question ran, and what was said against others ("" of those that
    ran). They are as they were decided, or as they are finished for a question.
    """
    world = link_question(question, source.schema, source.cells)
    ran, said = 0, set[str]()
    for seed in range(seeds):
        for each in search(start(world, allow_no_answer=False), RandomScorer(seed), BeamOptions(width=1)):
            query = each.state.query
            if finished_for:
                query = finished(query, finished_for, source.schema)
            sql = query_text(query, source.schema, headed=bool(finished_for))
            found = run(Reading(sql, 1.0), source, Limits(seconds=5, rows=5))
            ran += found.result is not None
            said.add(found.error)
    return ran, said
