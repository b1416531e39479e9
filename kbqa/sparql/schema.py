"""What a graph says of its own words: other names, descriptions, subclasses, domains and ranges.

These relations are asked for by words of their own, and offered only where a question has these: what a class
is a subclass of is no answer to what its members are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kbqa.linking.words import fold, key_of
from kbqa.sparql.profile import Profile

_RDFS, _OWL = "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2002/07/owl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"


@dataclass(frozen=True)
class SchemaRelation:
    """What a relation between the words of a graph is called forwards and backwards, and what asks for it.

    Without a text it is not followed that way.
    """

    forward: str
    backward: str
    asked: re.Pattern[str]


def _relation(forward: str, backward: str, asked: str) -> SchemaRelation:
    return SchemaRelation(forward, backward, re.compile(rf"\b(?:{asked})\b", re.IGNORECASE))


_DESCRIBED = _relation("description", "", "descriptions?|definitions?|comments?")
RELATIONS: Mapping[NamedNode, SchemaRelation] = {
    NamedNode(f"{_SKOS}altLabel"): _relation("other name", "", "other names?"),
    NamedNode(f"{_SKOS}hiddenLabel"): _relation("hidden label", "", "hidden labels?"),
    NamedNode(f"{_RDFS}comment"): _DESCRIBED,
    NamedNode("http://schema.org/description"): _DESCRIBED,
    NamedNode("https://schema.org/description"): _DESCRIBED,
    NamedNode("http://purl.org/dc/terms/description"): _DESCRIBED,
    NamedNode("http://purl.org/dc/elements/1.1/description"): _DESCRIBED,
    NamedNode(f"{_OWL}deprecated"): _relation("deprecated", "", "deprecated|obsolete"),
    NamedNode(f"{_OWL}versionInfo"): _relation("version", "", "versions?"),
    NamedNode(f"{_RDFS}subClassOf"): _relation("superclass", "subclass", "(?:sub|super)-?class(?:es)?"),
    NamedNode(f"{_RDFS}subPropertyOf"): _relation(
        "superproperty", "subproperty", "(?:sub|super)-?propert(?:y|ies)"
    ),
    NamedNode(f"{_RDFS}domain"): _relation("domain", "property", "domains?|properties"),
    NamedNode(f"{_RDFS}range"): _relation("range", "property with range", "ranges?"),
    NamedNode(f"{_OWL}inverseOf"): _relation("inverse", "inverse", "inverses?"),
    NamedNode(f"{_OWL}equivalentClass"): _relation("equivalent class", "equivalent class", "equivalent"),
    NamedNode(f"{_OWL}disjointWith"): _relation("disjoint class", "disjoint class", "disjoint"),
    NamedNode(f"{_RDFS}seeAlso"): _relation("see also", "", "see also"),
}
"""The relations by their IRIs."""
CLASSES: Mapping[NamedNode, str] = {
    NamedNode(f"{_OWL}Class"): "class",
    NamedNode(f"{_RDFS}Class"): "class",
    NamedNode(f"{_RDF}Property"): "property",
    NamedNode(f"{_OWL}ObjectProperty"): "object property",
    NamedNode(f"{_OWL}DatatypeProperty"): "datatype property",
}
"""The classes of the words of a graph."""
_CLASSES_ASKED = re.compile(r"\b(?:class(?:es)?|propert(?:y|ies))\b", re.IGNORECASE)

_DESCRIPTION, _OTHER_NAME, _SUBCLASS = "description", "other name", "superclass"
_WHAT = r"(?P<what>.+?) ?[?.]?$"
_REWORDED: tuple[tuple[str, str, str], ...] = (
    (_DESCRIPTION, r"^what (?:does|do) (?P<what>.+?) mean ?\??$", r"What is the {described} of \g<what>?"),
    (_DESCRIPTION, rf"^what is meant by {_WHAT}", r"What is the {described} of \g<what>?"),
    (_DESCRIPTION, rf"^(?:describe|define|explain) {_WHAT}", r"What is the {described} of \g<what>?"),
    (_DESCRIPTION, r"\bdefinition of\b", "{described} of"),
    (_OTHER_NAME, r"\b(?:synonyms?|aliases)(?: of| for)\b", "other names of"),
    (
        _OTHER_NAME,
        r"\b(?:other|alternative|alternate) (?:names?|labels?|terms?|words?) for\b",
        "other names of",
    ),
    (
        _OTHER_NAME,
        r"^what else is (?P<what>.+?) (?:called|named|known as) ?\??$",
        r"What are the other names of \g<what>?",
    ),
    ("deprecated", r"\bobsolete\b", "deprecated"),
    (_SUBCLASS, r"\bparent class(?P<many>es)?\b", r"superclass\g<many>"),
    (_SUBCLASS, r"\bchild class(?P<many>es)?\b", r"subclass\g<many>"),
)
"""What the graph must have, other ways to ask for it, and what is read for them."""


def asked_in(question: str, profile: Profile) -> frozenset[NamedNode]:
    """The relations between a graph's words that a question asks for, by words that name no property."""
    named = {key_of(fold(known.text)) for known in profile.predicates}
    asked = {known.predicate: RELATIONS[known.predicate].asked.search(question) for known in profile.schema}
    return frozenset(
        iri for iri, match in asked.items() if match and key_of(fold(match.group())) not in named
    )


def classes_asked_in(question: str) -> bool:
    """Whether a question is about classes or properties."""
    return bool(_CLASSES_ASKED.search(question))


def in_words_of_schema(question: str, profile: Profile) -> str:
    """A question that asks for a relation between a graph's words by what the relation is called.

    So it is where the graph has that relation, and no other is called so.
    """
    others = {text.lower() for text in profile.texts.values()}
    called = {RELATIONS[described.predicate].forward for described in profile.schema} - others
    described = "definition" if "definition" in others else _DESCRIPTION
    called |= {_DESCRIPTION} if described in others else set()
    for needed, pattern, words in _REWORDED:
        if needed in called:
            question = re.sub(pattern, words.replace("{described}", described), question, flags=re.IGNORECASE)
    return question
