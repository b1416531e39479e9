"""Questions that a graph's page suggests: made from the graph, and kept only if they are answered rightly."""

from collections import Counter
from collections.abc import Iterator

from kbqa.sparql.answer.pipeline import Answer, ask
from kbqa.sparql.answer.registry import live_graph, local_decoder
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.ingest.load import LIFECYCLE
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.query import Aggregate, Query, query_text
from kbqa.sparql.stores import OxigraphStore, QueryError, StoreError
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.templates import make_examples
from kbqa.sparql.suggestions.wording import as_question
from searchapp.encoders import EncoderError
from searchapp.jobs.context import JobContext

NUMBER, _TRIED, _MAX_LENGTH, _OF_A_SHAPE = 6, 40, 80, 2
Shape = tuple[int, int, tuple[Aggregate | None, ...], bool]


def suggest_questions(context: JobContext) -> None:
    """Stage three of a load: find questions that work.

    A graph for which there are none is served all the same.
    """
    version = LIFECYCLE.current(LIFECYCLE.source_of(context))
    questions: list[str] = []
    try:
        for question in working_questions(version, live_graph(version)):
            questions.append(question)
            context.progress(len(questions), NUMBER, "Trying questions")
            if len(questions) == NUMBER:
                break
    except (EncoderError, StoreError, QueryError):
        pass
    version.examples = questions
    version.save(update_fields=["examples"])


def working_questions(version: GraphVersion, live: LiveGraph) -> Iterator[str]:
    """Questions made from a graph that its decoder answers as the graph does."""
    store = live.store
    if not isinstance(store, OxigraphStore):
        return
    seen: set[str] = set()
    shapes: Counter[Shape] = Counter()
    for example in make_examples(store.store, live.profile, _TRIED, seed=version.number):
        question = as_question(example.query, live) if example.query else ""
        if example.query is None or not question or len(question) > _MAX_LENGTH:
            continue
        text, shape = query_text(example.query), _shape(example.query)
        if text in seen or shapes[shape] >= _OF_A_SHAPE:
            continue
        if _works(example, ask(question, version, live, local_decoder()), live):
            seen.add(text)
            shapes[shape] += 1
            yield question


def _shape(query: Query) -> Shape:
    """The number of edges and of conditions, the aggregates of the columns, and whether there is an order."""
    return (
        len(query.edges),
        len(query.filters) + len(query.negations),
        tuple(item.aggregate for item in query.columns),
        query.order is not None,
    )


def _works(example: Example, answer: Answer, live: LiveGraph) -> bool:
    best = answer.best
    if (
        best is None
        or not answer.sure
        or best.solutions is None
        or example.query is None
        or not example.query.columns
    ):
        return False
    return set(live.store.select(query_text(example.query)).rows) == set(best.solutions.rows)
