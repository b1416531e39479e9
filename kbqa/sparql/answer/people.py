"""People by a part of their names: Ms. Brant, Dr. Lee, and Marta where a question has no more of the name."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pyoxigraph import NamedNode

from kbqa.linking.words import fold
from kbqa.sparql.grammar.actions import EntityPointer
from kbqa.sparql.grammar.live_graph import LiveGraph

_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|lord|lady|madam|captain|capt|sgt|rev)\.? ?$",
    re.IGNORECASE,
)
PEOPLE = frozenset(
    (
        "person", "people", "human", "man", "woman", "employee", "manager", "agent", "actor", "actress",
        "director", "writer", "author", "artist", "musician", "singer", "player", "athlete", "character",
        "politician", "scientist", "researcher", "teacher", "student", "customer", "user", "contact",
        "member", "individual", "engineer", "composer", "painter", "editor", "creator", "speaker",
    )
)  # fmt: skip
"""Words of the classes of people."""
_MOST_WORDS = 4
_BY_TITLE, _BY_PART = 0.9, 0.8
"""How much a part of somebody's name counts behind a title, and without one; the whole name counts 1."""


def with_parts_of_names(
    question: str, entities: Sequence[EntityPointer], graph: LiveGraph
) -> tuple[EntityPointer, ...]:
    """Entities of which those count more that are people whose first or last name the question has.

    Of several that share it, all do: what the question asks of them decides. Raises StoreError.
    """
    parts = {entity.key for entity in entities if _is_part_of_name(question, entity)}
    if not parts:
        return tuple(entities)
    people = _people(sorted(parts, key=str), graph)
    counted = [entity for entity in entities if entity.key in people]
    return tuple(
        _counting_more(question, entity, counted) if entity in counted else entity for entity in entities
    )


def _is_part_of_name(question: str, entity: EntityPointer) -> bool:
    """Whether a question has the first or the last word of a name, in capitals, and nothing else of it."""
    if entity.span is None or entity.features.exact:
        return False
    said, name = question[slice(*entity.span)], fold(entity.text).split()
    is_part = 1 < len(name) <= _MOST_WORDS and fold(said) in (name[0], name[-1])
    return is_part and (said[:1].isupper() or bool(_TITLE.search(question[: entity.span[0]])))


def _people(entities: Sequence[NamedNode], graph: LiveGraph) -> set[NamedNode]:
    """The entities that are of a class of people, or of none. Raises StoreError."""
    values = " ".join(map(str, entities))
    rows = graph.store.select(f"SELECT ?e ?c WHERE {{ VALUES ?e {{ {values} }} ?e a ?c }}").rows
    others, people = set[NamedNode](), set[NamedNode]()
    for entity, known in rows:
        if isinstance(entity, NamedNode) and isinstance(known, NamedNode):
            words = fold(graph.profile.texts.get(known, "")).split()
            (people if PEOPLE.intersection(words) else others).add(entity)
    return {entity for entity in entities if entity in people or entity not in others}


def _counting_more(question: str, entity: EntityPointer, others: Sequence[EntityPointer]) -> EntityPointer:
    """A person that counts more; the only one behind a title as if the whole name were said."""
    assert entity.span is not None
    title = _TITLE.search(question[: entity.span[0]])
    is_only = all(other.key == entity.key or other.span != entity.span for other in others)
    features = entity.features._replace(similarity=_BY_TITLE if title else _BY_PART)
    if not title:
        return replace(entity, features=features)
    if is_only:
        features = features._replace(similarity=1.0, exact=1.0, same_case=1.0)
    return replace(entity, span=(title.start(), entity.span[1]), features=features)
