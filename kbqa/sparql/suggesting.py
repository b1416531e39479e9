"""Questions that a graph's page suggests: made from the graph, and kept only if they are answered as they should be."""

from collections.abc import Iterator

from kbqa.models import GraphVersion
from kbqa.sparql.answering import Answer, ask
from kbqa.sparql.building import current_version, graph_of
from kbqa.sparql.constraints import LiveGraph
from kbqa.sparql.examples.published import Example
from kbqa.sparql.examples.templates import make_examples
from kbqa.sparql.opening import live_graph, local_decoder
from kbqa.sparql.query import query_text
from kbqa.sparql.stores import OxigraphStore, StoreError
from searchapp.encoders import EncoderError
from searchapp.jobs.runner import JobContext

NUMBER, _TRIED, _LONGEST = 6, 40, 80


def suggest_questions(context: JobContext) -> None:
    """Stage three of a load: find questions that work. A graph for which there are none is served all the same."""
    version = current_version(graph_of(context))
    found: list[str] = []
    try:
        for question in working_questions(version, live_graph(version)):
            found.append(question)
            context.progress(len(found), NUMBER, "Trying questions")
            if len(found) == NUMBER:
                break
    except (EncoderError, StoreError):
        pass
    version.examples = found
    version.save(update_fields=["examples"])


def working_questions(version: GraphVersion, live: LiveGraph) -> Iterator[str]:
    """Yield questions made from a graph that its decoder answers as the graph does."""
    store = live.store
    if not isinstance(store, OxigraphStore):
        return
    seen: set[str] = set()
    for example in make_examples(store.store, live.profile, _TRIED, seed=version.number):
        question = example.question[:1].upper() + example.question[1:]
        if (
            len(question) <= _LONGEST
            and example.query is not None
            and question not in seen
            and _works(example, ask(question, version, live, local_decoder()), live)
        ):
            seen.add(question)
            yield question


def _works(example: Example, answer: Answer, live: LiveGraph) -> bool:
    best = answer.best
    if best is None or best.solutions is None or example.query is None or not example.query.columns:
        return False
    return set(live.store.select(query_text(example.query)).rows) == set(best.solutions.rows)
