"""What one thread is answered, sixteen at once are: on graphs, databases and code that are built anew."""

from functools import partial

from benchmarks.threads import ask_in_threads, database_request, expected, graph_request, search_request
from tests.kbqa.conftest import load
from tests.kbqa.sql.conftest import connect, shop_file
from tests.threads import switching

__all__ = ["connect", "load", "shop_file"]

OF_FILMS = (
    "who is the director of Silent Harbour?",
    "which films did Marta Oliveira direct?",
    "who starred in The Long Road?",
    "where was Anna O'Hara born?",
    "how many films are there?",
    "who directed Amber Night and where was that person born?",
)
OF_THE_SHOP = (
    "How many customers are there?",
    "What are the names of all cities?",
    "names of customers from Porto",
    "What is the average price of products?",
    "Which products cost more than 50?",
    "How many orders did each customer make?",
)
OF_CODE = (
    "price of an article",
    "apply a discount",
    "send a confirmation",
    "email address",
    "count articles",
)


def test_sixteen_threads_are_answered_as_one_is(load, connect, index, shop, settings):
    # No reading is cut short because many are read at once.
    settings.GRAPH_READING_SECONDS = settings.DATABASE_READING_SECONDS = 600
    graph, database = load(), connect()
    index(shop)
    requests = [
        *(graph_request(graph, question) for question in OF_FILMS),
        *(database_request(database, question) for question in OF_THE_SHOP),
        *map(search_request, OF_CODE),
    ]
    answers = expected(requests)
    assert sum(answer is not None for answer in answers.values()) > 12, "there is something to compare"
    # With a suggestion to try, a load waits for the networks as the askers do: none overtakes them twice.
    changes = (partial(load, suggestions=1), partial(connect, suggestions=1), lambda: index(shop))
    with switching():
        outcome = ask_in_threads(requests, answers, threads=16, each=8, meanwhile=changes, pause=1.0)
    assert (outcome.different, outcome.failed) == ([], [])
    assert outcome.asked == 16 * 8
    assert outcome.changes >= 3
