"""Questions on invented graphs about members that a word tells, of which something else is so: spicy dishes
from the south.
"""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import Aggregate, Edge, Filter, Item, Query
from kbqa.sparql.suggestions.inflection import of_one, plural_of
from training.sparql.published import Example
from training.synthetic.words import WorldWords, X, Y, clause_of

_BY_OTHERS = 0.5
"""How often the clause is on something else than a relation."""
Clause = tuple[str, Edge, tuple[Filter, ...]]
"""What is said of several things (live in the sea), the edge and the filters that hold then."""
_OF_SEVERAL = (
    "which {c} {v}",
    "which {c} {v}",
    "{c} that {v}",
    "list the {c} that {v}",
    "which of the {c} {v}",
    "show all {c} that {v}",
)
_COUNTED = ("how many {c} {v}", "how many {c} {v}", "number of {c} that {v}")
_OF_ONE = ("which {c} {v}", "which {c} {v}", "what {c} {v}", "the {c} that {v}")


class MemberQuestions(WorldWords):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def _told_twice(self) -> Example | None:
        """Members that a word tells and a clause on them, or how many they are."""
        kinds = self.rng.sample(self.world.classes, len(self.world.classes))
        kind, head = next(
            ((kind, head) for kind in kinds if (head := self._head(kind)) is not None), ("", None)
        )
        if head is None:
            return None
        told = head.edges[0]
        found = [
            quad.subject
            for quad in self.world.store.quads_for_pattern(None, told.predicate, told.object)  # type: ignore[arg-type]
        ]
        member = self.rng.choice([node for node in found if isinstance(node, NamedNode)])
        clauses = self._clauses(kind, member) if self.rng.random() < _BY_OTHERS else []
        clauses = [
            each for each in clauses or self._relations(kind, member) if each[1].predicate != told.predicate
        ]
        if not clauses:
            return None
        words, edge, filters = self.rng.choice(clauses)
        counts = self.rng.random() < 0.2
        if not counts and head.singular and self.rng.random() < 0.25:
            text = self.rng.choice(_OF_ONE).format(c=head.singular, v=of_one(words))
        else:
            text = self.rng.choice(_COUNTED if counts else _OF_SEVERAL).format(c=head.plural, v=words)
        query = Query(
            (*self._typed_head(kind, head).edges, edge),
            filters,
            columns=(Item(X, Aggregate.COUNT if counts else None),),
        )
        return Example(self._cased(text), query)

    def _relations(self, kind: str, member: NamedNode) -> list[Clause]:
        """Return what relations of a member of a class say, as clauses on several."""
        return [
            (self._told(relation, target, kind, kind, ()).clause, Edge(X, predicate, target), ())
            for relation, predicate, edges in self.world.edges
            for subject, target in edges
            if subject == member and relation.source == kind
        ]

    def _clauses(self, kind: str, member: NamedNode) -> list[Clause]:
        """Return what else may be said of several members of a class so that it is true of one; of a
        comparison that is not sure.
        """
        world, found = self.world, list[Clause]()
        for flag in (each for each in world.flags if member in each.values):
            true = flag.values[member] == Literal(True)
            found.append(
                (
                    self.rng.choice(flag.what.when if true else flag.what.unless),
                    Edge(X, flag.predicate, flag.values[member]),
                    (),
                )
            )
        for text in (each for each in world.texts if member in each.values):
            value = text.values[member]
            said = (
                f"are {plural_of(value.value)}"
                if text.what.nouns
                else f"have the {self.rng.choice((text.name, *text.what.names))} {value.value}"
            )
            found.append((said, Edge(X, text.predicate, value), ()))
        for attribute in (each for each in world.attributes if member in each.values):
            words, condition = self._condition(attribute)
            clause = clause_of(words)
            found += [(clause, Edge(X, attribute.predicate, Y), (condition,))] if clause is not None else []
        return found
