"""Words for what is in an invented graph, and the parts that questions about it are made of."""

import calendar
import random

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.dates import dated_value
from kbqa.sparql.examples.published import Example
from kbqa.sparql.examples.worlds import XSD, Attribute, Kept, Relation, World
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Filter, Item, Query, Variable

X, Y, Z = Variable(0), Variable(1), Variable(2)
PEOPLE = ("human", "person", "doctor", "patient", "cook", "singer", "employee", "player", "customer", "politician", "artist")
WITH_HAVE = ("with", "costing", "earning", "weighing", "that", "who", "from")
"""How conditions begin that do not follow "are"."""
_PARTICIPLES = ("born", "built", "founded", "hired", "launched", "made", "opened", "painted", "placed", "played", "published", "released")
_WITHIN, _DAY = 0.5, 3
"""How often dates are asked for within a year, a month or a day; how many parts a day's date has."""


class WorldWords:
    """What questions are made of; each is of X, and of what is introduced after it."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng

    def _described(self, relation: Relation, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Add the class where the question names it and the graph has other subjects of the property."""
        others = [each for each, predicate, _ in self.world.edges if each.source != relation.source and predicate == edges[0].predicate]
        return (*edges, Edge(X, RDF_TYPE, self.world.class_of(relation.source))) if others and self.world.typed else edges

    def _owned(self, relation: Relation, described: str) -> str:
        """Return what a relation leads to from a description, as another: an "of" in it would leave open whose an 's is."""
        wordings = ("the {p} of {e}",) if described.startswith("the ") else ("the {p} of {e}", "{e}'s {p}", "{e}'s {p}", "{e} 's {p}")
        return self.rng.choice(wordings).format(p=self._noun(relation), e=described)

    def _condition(self, kept: Kept[Attribute]) -> tuple[str, Filter]:
        """Return a condition on an attribute in words, and as a filter of Y."""
        comparison = self.rng.choice((Comparison.GREATER, Comparison.LESS))
        if kept.datatype == "date" and self.rng.random() < _WITHIN:
            comparison = Comparison.EQUAL
        wordings = {Comparison.GREATER: kept.what.more, Comparison.LESS: kept.what.less, Comparison.EQUAL: kept.what.within}[comparison]
        if kept.datatype != "date":
            digits = self.world.number(kept.what)
            number = Literal(digits, datatype=NamedNode(XSD + ("decimal" if "." in digits else "integer")))
            return self.rng.choice(wordings).format(n=digits), Filter(Y, comparison, number)
        parts = self.rng.choice(list(kept.values.values())).value.split("-")[: self.rng.choice((1, 1, 1, 2, 3))]
        words = self.rng.choice(wordings).format(n=self._said_date(parts))
        if len(parts) == _DAY:
            words = words.replace(" in ", " on ")
        value = dated_value("-".join(parts), "date", comparison)
        assert value is not None
        return words, Filter(Y, comparison, value)

    def _conditions(self, kinds: str, *conditions: str) -> str:
        """Return the question which members meet one of several conditions, as clauses where they have a verb, or as they stand."""
        clauses = [each for words in conditions if (each := clause_of(words)) is not None]
        if len(clauses) == len(conditions) and " that " not in kinds and self.rng.random() < 0.5:
            return f"which {kinds} {self.rng.choice(('', '', 'either ') if len(clauses) > 1 else ('',))}{' or '.join(clauses)}"
        start = self.rng.choice(("which {c} are {w}", "{c} {w}", "list the {c} {w}", "show {c} {w}", "how many {c} are {w}", "find all {c} {w}"))
        if conditions[0].startswith(WITH_HAVE) or " that " in kinds:
            start = start.replace("are {w}", "{w}")
        either = self.rng.choice(("", "", "either ") if len(conditions) > 1 else ("",))
        return start.format(c=kinds, w=either + " or ".join(conditions))

    def _said_date(self, parts: list[str]) -> str:
        if len(parts) == 1:
            return parts[0]
        month = calendar.month_name[int(parts[1])]
        if len(parts) < _DAY:
            return f"{month} {parts[0]}"
        day = int(parts[2])
        return self.rng.choice((f"{day} {month} {parts[0]}", f"{month} {day}, {parts[0]}", "-".join(parts)))

    def _group(self, kind: str, *, whole: bool = True) -> tuple[str, tuple[Edge, ...]]:
        """Return members of a class in words (all, if that may be, or those with a relation to something), and as edges of X.

        None where nothing tells them.
        """
        found = [(relation, predicate, each[1]) for relation, predicate, edges in self.world.edges if relation.source == kind for each in edges]
        if not whole and not found:
            return "", ()
        if whole and (not found or self.rng.random() < 0.5):
            return plural_of(kind), (Edge(X, RDF_TYPE, self.world.class_of(kind)),) if self.world.typed else ()
        relation, predicate, target = self.rng.choice(found)
        plural, name = plural_of(kind), self.world.names[target]
        asked = f"which {plural} "
        told = [each.removeprefix(asked) for each in relation.backward if each.startswith(asked)]
        wordings = [f"{plural} that {each}" for each in told if not each.startswith(("does ", "did "))]
        wordings += [f"{plural} that {{e}} {each.removeprefix('does {e} ')}s" for each in told if each.startswith("does {e} ")]
        wordings += [each for each in relation.backward if each.startswith(f"{plural} ")]
        wordings += [f"{plural} with {self._noun(relation)} {{e}}", f"{plural} whose {self._noun(relation)} is {{e}}"]
        if relation.target not in PEOPLE and len(self._between(relation.source, relation.target)) == 1:
            wordings += [f"{plural} of {{e}}", f"{plural} in {{e}}"]
        return self.rng.choice(wordings).format(e=name), self._described(relation, (Edge(X, predicate, target),))

    def _counted(self, text: str, edges: tuple[Edge, ...]) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(X, Aggregate.COUNT),)))

    def _example(self, text: str, edges: tuple[Edge, ...], answer: Variable = X) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(answer),)))

    def _edge(self) -> tuple[Relation, NamedNode, tuple[NamedNode, NamedNode]]:
        relation, predicate, found = self.rng.choice([each for each in self.world.edges if each[2]])
        return relation, predicate, self.rng.choice(found)

    def _noun(self, relation: Relation) -> str:
        nouns = list(relation.nouns) or [
            name
            for name in relation.names
            if not name.endswith((" by", " in", " at", " with", " to", " from", " on", " through", " around", " under"))
            and not name.startswith("has ")
        ]
        return self.rng.choice(nouns or [relation.target])

    def _say(self, wordings: tuple[str, ...], node: NamedNode) -> str:
        return self.rng.choice(wordings).format(e=self.world.names[node])

    def _cased(self, text: str) -> str:
        text += self.rng.choice(("", "?", "?", " ?"))
        if self.rng.random() < 0.2:
            return text.lower()
        return text[:1].upper() + text[1:] if self.rng.random() < 0.5 else text

    def _ways(self, source: str, target: str) -> list[tuple[Relation, ...]]:
        """Return the ways from one class to another over one relation or two."""
        relations = [each for each, _, _ in self.world.edges]
        direct: list[tuple[Relation, ...]] = [(each,) for each in self._between(source, target)]
        return direct + [(one, other) for one in relations for other in relations
                         if (one.source, one.target, other.target) == (source, other.source, target)]  # fmt: skip

    def _between(self, source: str, target: str) -> list[Relation]:
        return [each for each, _, _ in self.world.edges if {each.source, each.target} == {source, target}]

    def _started(self, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
        return (Edge(X, RDF_TYPE, self.world.class_of(relation.source)), Edge(X, predicate, Y))


def clause_of(words: str) -> str | None:
    """Return a condition as a clause on several things: costing more than 5 → cost more than 5; None where it has no verb."""
    first, _, rest = words.partition(" ")
    if first in ("that", "who"):
        return rest
    if first == "with":
        return f"have {rest}"
    if first in ("costing", "earning", "weighing", "lasting"):
        return f"{first.removesuffix('ing')} {rest}"
    if first in _PARTICIPLES:
        return f"were {words}"
    return f"are {words}" if first.endswith("er") or first in ("over", "under") else None


def plural_of(text: str) -> str:
    """Return the plural of what members of a class are called."""
    if text in ("person", "human"):
        return "people"
    if text == "species":
        return text
    if text.endswith(("ss", "ch", "sh")):
        return f"{text}es"
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2] not in "aeiou" else f"{text}s"
