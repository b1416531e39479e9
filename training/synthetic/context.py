"""What a question about a synthetic graph is made from: the graph, and random draws."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from pyoxigraph import NamedNode

from training.synthetic.domains import Attribute, Relation, Text
from training.synthetic.graphs import Facts, Node, Property, SyntheticGraph

Option = TypeVar("Option")


class Fact(NamedTuple):
    """One fact of a graph, and the relation that it is of."""

    relation: Relation
    predicate: NamedNode
    subject: NamedNode
    target: Node


@dataclass(frozen=True)
class Context:
    """A graph, and where the random draws come from."""

    graph: SyntheticGraph
    rng: random.Random

    def pick(self, options: Sequence[Option]) -> Option:
        """One of several options, each as likely."""
        return self.rng.choice(options)

    def chance(self, share: float) -> bool:
        """True as often as `share` says."""
        return self.rng.random() < share

    def fact(self) -> Fact:
        """A fact of the graph, of any relation that has some."""
        facts = self.pick([facts for facts in self.graph.facts if facts.pairs])
        return Fact(facts.relation, facts.predicate, *self.pick(facts.pairs))

    def value_property(self) -> Property[Attribute] | Property[Text]:
        """An attribute or a text of the graph."""
        properties: list[Property[Attribute] | Property[Text]] = [*self.graph.attributes, *self.graph.texts]
        return self.pick(properties)

    def facts_from(self, subject: Node) -> list[Fact]:
        """What the graph says of a subject."""
        return [
            Fact(facts.relation, facts.predicate, *pair)
            for facts in self.graph.facts
            for pair in facts.pairs
            if pair[0] == subject
        ]

    def relations_from(self, fact: Fact) -> list[Facts]:
        """The other relations of a fact's class that its subject has."""
        return [
            facts
            for facts in self.graph.facts
            if facts.relation.source == fact.relation.source
            and facts.predicate != fact.predicate
            and any(subject == fact.subject for subject, _ in facts.pairs)
        ]
