"""What lacks something besides a condition: a base HP over 150 and no secondary type."""

import re
from collections.abc import Iterator
from dataclasses import replace

from pyoxigraph import NamedNode

from kbqa.linking.words import COMMON, fold, stem
from kbqa.sparql.decomposition.joining import answer_of, size_of
from kbqa.sparql.decomposition.parts import Composed, Reader, composed
from kbqa.sparql.profile import Profile
from kbqa.sparql.query import Aggregate, Edge, Query, Variable

_LACKS = re.compile(
    r"^(?P<before>.+?),? (?:(?:and|but)(?: that| which| who)?(?: (?:has|have|had|with))? no|"
    r"(?:and |but )?without (?:an?|any)?) ?(?P<noun>[a-z][a-z ]+?)\s*(?P<after>[?.!]*)$",
    re.IGNORECASE,
)


def and_no(question: str, reader: Reader) -> Iterator[Composed]:
    """Which have a base HP over 150 and no secondary type? First: which have a base HP over 150?"""
    match = _LACKS.match(question)
    lacked = property_called(match["noun"], reader.graph.profile) if match else None
    if match is None or lacked is None:
        return
    for part in reader.read(f"{match['before']}{match['after']}"):
        about = _about(part.query)
        if about is None or part.query.order:
            continue
        edge = Edge(about, lacked, Variable(size_of(part.query)))
        query = replace(part.query, negations=(*part.query.negations, (edge,)))
        if reader.graph.holds([query])[0]:
            yield composed(query, [part], f"except where there is a {match['noun']}")


def property_called(noun: str, profile: Profile) -> NamedNode | None:
    """The only property with all words of a noun; of several, the one without others."""
    stems = {stem(word) for word in fold(noun).split() if word not in COMMON}
    texts = {
        known.predicate: {stem(word) for word in fold(known.text).split()} for known in profile.predicates
    }
    with_all = [predicate for predicate, words in texts.items() if stems and stems <= words]
    alone = [predicate for predicate in with_all if texts[predicate] == stems]
    found = alone or with_all
    return found[0] if len(found) == 1 else None


def _about(query: Query) -> Variable | None:
    """The variable that a query is about: its answer, or what it counts."""
    answer = answer_of(query)
    if answer is None and len(query.columns) == 1:
        (item,) = query.columns
        counts = item.aggregate in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
        return (item.variable or Variable(0)) if counts else None
    return answer
