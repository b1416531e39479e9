"""People by a part of their names."""

import pytest

from kbqa.linking.mentions import MentionFeatures
from kbqa.sparql.answer.people import with_parts_of_names
from kbqa.sparql.grammar.actions import EntityPointer
from tests.kbqa.sparql.graphs import iri, live_graph_of

STAFF = """
:brant a :Employee ; rdfs:label "Heidi Brant" . :lee a :Person ; rdfs:label "Bo Lee" .
:other a :Person ; rdfs:label "Ann Lee" . :odd rdfs:label "Eve Lee" .
:river a :River ; rdfs:label "Lee River" .
"""


def counted(question: str, said: str, **names: str) -> dict[str, float]:
    """How much each entity counts whose name has what is said, and had counted 0.4."""
    begin = question.index(said)
    span = begin, begin + len(said)
    entities = [
        EntityPointer(iri(key), name, span, MentionFeatures(similarity=0.4)) for key, name in names.items()
    ]
    found = with_parts_of_names(question, entities, live_graph_of(STAFF))
    return {entity.text: entity.features.similarity for entity in found}


@pytest.mark.parametrize("title", ["Ms. ", "Dr ", "Mrs. ", "professor "])
def test_a_title_tells_that_a_person_is_meant(title):
    question = f"Who is the manager of {title}Brant?"
    assert counted(question, "Brant", brant="Heidi Brant") == {"Heidi Brant": 1.0}
    question = f"Where does {title}Lee live?"
    assert counted(question, "Lee", lee="Bo Lee", other="Ann Lee") == {"Bo Lee": 0.9, "Ann Lee": 0.9}


def test_a_first_or_last_name_tells_of_everybody_who_has_it_and_of_nothing_else():
    names = {"lee": "Bo Lee", "other": "Ann Lee", "river": "Lee River", "odd": "Eve Lee"}
    expected = {"Bo Lee": 0.8, "Ann Lee": 0.8, "Lee River": 0.4, "Eve Lee": 0.8}
    assert counted("Where does Lee live?", "Lee", **names) == expected


@pytest.mark.parametrize(
    ("question", "said", "name"),
    [
        ("where does lee live?", "lee", "Bo Lee"),
        ("Where does Lee live?", "Lee", "Bo Lee Smith of the Northern Hills"),
        ("Where does Lee live?", "Lee", "Bo Lee Smith"),
        ("Where does Lee live?", "Lee", "Lee"),
    ],
)
def test_other_words_count_as_before(question, said, name):
    assert counted(question, said, lee=name) == {name: 0.4}
