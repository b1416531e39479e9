"""Questions made from a graph read as a person would ask them."""

import re

import pytest
from pyoxigraph import RdfFormat, Store

from kbqa.sparql.ingest.profiler import profile_graph
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.templates import make_examples

FIRM = """
@prefix : <http://firm.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:ann a :Employee ; rdfs:label "Ann" ; :reportsTo :bo ; :bornIn :oslo ; :desk :d1 ; :salary 50 ; :awards 12 .
:bo a :Employee ; rdfs:label "Bo" ; :reportsTo :cy ; :bornIn :oslo ; :desk :d2 ; :salary 60 ; :awards 3 .
:cy a :Employee ; rdfs:label "Cy" ; :bornIn :rome ; :desk :d2 ; :salary 70 ; :awards 8 .
:d1 a :Desk ; rdfs:label "Window desk" ; :maintainedBy :bo .
:d2 a :Desk ; rdfs:label "Door desk" ; :maintainedBy :ann .
:oslo a :City ; rdfs:label "Oslo" . :rome a :City ; rdfs:label "Rome" .
"""


@pytest.fixture(scope="module")
def questions() -> set[str]:
    store = Store()
    store.load(FIRM.encode(), format=RdfFormat.TURTLE)
    profile = profile_graph(OxigraphStore(store, ""))
    return {
        example.question.lower() for seed in range(12) for example in make_examples(store, profile, 60, seed)
    }


@pytest.mark.parametrize(
    "part", ["employees report to bo", "employees were born in oslo", "desks were maintained by"]
)
def test_verbs_agree_with_several(questions, part):
    assert any(part in each for each in questions)


@pytest.mark.parametrize(
    "part", ["the reports to", "the born in", "the maintained by", "employees reports", "employees born in"]
)
def test_a_verb_is_no_noun(questions, part):
    assert not [each for each in questions if part in each]


def test_only_what_is_counted_is_most(questions):
    assert any("the most awards" in each for each in questions)
    assert any("highest salary" in each for each in questions)
    assert not [
        each for each in questions if any(f"{word} salary" in each for word in ("most", "least", "fewest"))
    ]
    assert any(re.search(r"(with|have) (more|less|fewer) than \d+ awards", each) for each in questions)
    assert not [each for each in questions if "a awards" in each or "salary after" in each]
