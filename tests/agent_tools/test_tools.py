"""A scripted agent that does its tasks with the tools alone, and what it is told when it does something
wrong."""

import json

import pytest

from agent_tools import bounds
from agent_tools.tools import asking
from kbqa.sparql.public import Graph
from searchapp.visibility import ANONYMOUS


def texts(rows):
    """The rows of a graph's answer as text."""
    return [[cell["text"] if isinstance(cell, dict) else cell for cell in row] for row in rows]


def test_an_agent_does_ten_tasks(sample, call):
    # 1. What is there?
    listed = call("list_sources")
    assert [each["source"] for each in listed["sources"]] == ["code:project", "graph:films", "db:shop"]
    assert all(each["ready"] for each in listed["sources"])
    assert (listed["next_offset"], listed["total"]) == (None, 3)

    # 2. Where is an address checked?
    found = call("search_code", query="check that an email address is well formed lang:python")
    hit = found["results"][0]
    assert (hit["name"], hit["path"]) == ("is_valid_address", "shop/mail.py")

    # 3. Read it where it stands.
    read = call("read_code", repository=hit["repository"], path=hit["path"], start_line=hit["start_line"])
    assert read["text"].startswith("def is_valid_address(address):")
    assert any(line.endswith("function send_confirmation") for line in read["outline"])

    # 4. What does much the same as a piece of code, and as a function that is there?
    alike = call("similar_code", code="def reduce(price, percent):\n    return price * (1 - percent / 100)")
    assert "apply_discount" in [each["name"] for each in alike["results"]]
    alike = call("similar_code", repository="project", path=hit["path"], line=hit["start_line"] + 1)
    assert hit["name"] not in [each["name"] for each in alike["results"]]

    # 5. Which words has the graph?
    described = call("describe_source", source="graph:films", about="direct")
    assert [each["iri"] for each in described["properties"]] == ["http://films.example/director"]

    # 6. Who directed a film?
    answer = call("ask_graph", graph="films", question="Who is the director of Falcon?")
    assert answer["answered"]
    assert texts(answer["rows"]) == [["Marta Falcon"]]
    assert "director" in answer["sparql"]

    # 7. Count in the graph with a query of its own.
    counted = call(
        "run_sparql",
        graph="graph:films",
        query="SELECT (COUNT(*) AS ?n) { ?f a <http://films.example/Film> }",
    )
    assert counted["rows"] == [["4"]]

    # 8. Which tables has the database?
    described = call("describe_source", source="db:shop")
    assert "customer" in [each["table"] for each in described["tables"]]
    assert described["dialect"] == "sqlite"

    # 9. How many customers are there, and who are they?
    answer = call("ask_database", database="shop", question="How many customers are there?")
    listed = call("run_sql", database="shop", sql="SELECT * FROM customer")
    assert answer["rows"] == [[len(listed["rows"])]]
    assert "count" in answer["sql"].lower()

    # 10. Ask without knowing whom.
    asked = call("ask", question="How many customers are there?")
    assert asked["answers"][0]["source"] == "db:shop"
    assert asked["answers"][0]["rows"] == answer["rows"]
    assert {each["source"] for each in asked["answers"]} == {"graph:films", "db:shop"}


def test_pages_lead_through_all_rows(connect, call, monkeypatch):
    connect()
    everything = call("run_sql", database="shop", sql="SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")[
        "rows"
    ]
    monkeypatch.setattr(bounds, "MAX_CHARACTERS", 8)
    pages, offset = [], 0
    while offset is not None:
        sql = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"
        page = call("run_sql", database="shop", sql=sql, offset=offset, limit=100)
        pages.append(page["rows"])
        offset = page["next_offset"]
    assert [row for rows in pages for row in rows] == everything
    assert len(pages) > 1


def test_pages_of_a_graph_lead_through_all_rows(load, call):
    load()
    query = "SELECT ?f { ?f a <http://films.example/Film> } ORDER BY ?f"
    first = call("run_sparql", graph="films", query=query, limit=3)
    rest = call("run_sparql", graph="films", query=query, limit=3, offset=first["next_offset"])
    assert (len(first["rows"]), len(rest["rows"]), rest["next_offset"]) == (3, 1, None)
    assert first["rows"][0] == ["<http://films.example/f1>"]


def test_answers_fit_into_a_context(connect, call):
    connect()
    long = f"SELECT '{'x' * 8000}' FROM customer a, customer b, customer c"
    answer = call("run_sql", database="shop", sql=long, limit=100)
    assert len(json.dumps(answer)) < 1.2 * bounds.MAX_CHARACTERS
    assert answer["rows"][0][0].endswith("… (8,000 characters)")
    assert answer["next_offset"] == len(answer["rows"])


@pytest.mark.parametrize(
    ("tool", "arguments", "says", "argument"),
    [
        ("ask_graph", {"graph": "flims", "question": "x"}, "There are: films", "graph"),
        ("describe_source", {"source": "films"}, "graph:NAME", "source"),
        ("run_sparql", {"graph": "films", "query": "SELECT"}, "", "query"),
        ("run_sparql", {"graph": "films", "query": "DROP ALL"}, "", "query"),
        ("run_sparql", {"graph": "films", "sparql": "ASK {}"}, "It has: graph, query", "sparql"),
        ("run_sparql", {"graph": "films"}, "query", "query"),
        ("read_code", {"repository": "nothing", "path": "x"}, "There are none", "repository"),
        ("list_sources", {"limit": 0}, "greater than or equal to 1", "limit"),
        ("delete_source", {}, "There are: list_sources", "name"),
    ],
)
def test_mistakes_are_told_with_what_to_change(load, call, tool, arguments, says, argument):
    load()
    told = call(tool, fails=True, **arguments)
    assert says in told["error"]
    assert told["argument"] == argument


def test_a_path_that_is_wrong_leads_to_the_right_one(index, shop, call):
    index(shop)
    told = call("read_code", fails=True, repository="shop", path="src/prices.py")
    assert "shop/prices.py" in told["error"]


def test_sql_that_writes_is_refused(connect, call):
    connect()
    call("run_sql", fails=True, database="shop", sql="DELETE FROM customer")
    assert call("run_sql", database="shop", sql="SELECT count(*) FROM customer")["rows"] != [[0]]


def test_what_is_hidden_does_not_exist(sample, call):
    Graph.objects.update(visibility="signed-in")
    listed = call("list_sources", reader=ANONYMOUS)
    assert "graph:films" not in [each["source"] for each in listed["sources"]]
    hidden = call("ask_graph", fails=True, reader=ANONYMOUS, graph="films", question="who?")
    absent = call("ask_graph", fails=True, reader=ANONYMOUS, graph="flims", question="who?")
    assert hidden["error"] == absent["error"].replace("flims", "films")
    asked = call("ask", reader=ANONYMOUS, question="Who is the director of Falcon?")
    assert [each["source"] for each in asked["answers"]] == ["db:shop"]


def test_an_agent_asks_one_source_where_there_are_many(sample, call, monkeypatch):
    monkeypatch.setattr(asking, "MAX_ASKED", 1)
    told = call("ask", fails=True, question="How many customers are there?")
    assert "db:shop, graph:films" in told["error"]
    assert call("ask", question="How many customers are there?", source="db:shop")["answers"][0]["answered"]


def test_a_source_that_cannot_answer_yet_says_that_waiting_helps(load, call):
    graph = load()
    Graph.objects.filter(pk=graph.pk).update(serving=None)
    told = call("ask_graph", fails=True, graph="films", question="who?")
    assert "retry_after_seconds" not in told or told["retry_after_seconds"] > 0
    assert call("list_sources")["sources"][0]["ready"] is False


def test_a_crash_keeps_its_words_to_itself(load, call, monkeypatch):
    load()
    monkeypatch.setattr("agent_tools.tools.graphs.services.ask", lambda *_, **__: 1 / 0)
    assert "division" not in call("ask_graph", fails=True, graph="films", question="who?")["error"]
