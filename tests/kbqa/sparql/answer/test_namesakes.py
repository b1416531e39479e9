"""Things of one name, told apart."""

from kbqa.sparql.answer.namesakes import told_apart
from tests.kbqa.sparql.graphs import iri, live_graph_of

GRAPH = """
:models :defines :Field1, :Other . :forms :defines :Field2 . :gis :defines :Field3 .
:Field1 a :Class ; rdfs:label "Field" ; :inherits :Base .
:Field2 a :Class ; rdfs:label "Field" ; :inherits :Base .
:Field3 a :Class ; rdfs:label "Field" ; :inherits :Base . :Base rdfs:label "Base" .
:m1 a :Mouse ; rdfs:label "mouse" . :m2 a :Device ; rdfs:label "mouse" .
:Mouse rdfs:label "animal" . :Device rdfs:label "device" .
:t1 :of :Base ; rdfs:label "twin" . :t2 :of :Base ; rdfs:label "twin" .
"""


def test_by_what_leads_to_each():
    graph = live_graph_of(GRAPH)
    fields = [iri("Field1"), iri("Field2"), iri("Field3")]
    assert told_apart([fields], graph) == {
        iri("Field1"): "of models",
        iri("Field2"): "of forms",
        iri("Field3"): "of gis",
    }


def test_by_their_classes_first():
    told = told_apart([[iri("m1"), iri("m2")]], live_graph_of(GRAPH))
    assert told == {iri("m1"): "animal", iri("m2"): "device"}


def test_nothing_tells_twins_apart():
    assert told_apart([[iri("t1"), iri("t2")]], live_graph_of(GRAPH)) == {}
