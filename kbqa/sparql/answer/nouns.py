"""What the variables, properties and constants of a query are called in a sentence about it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from kbqa.questions.phrases import listed, with_article
from kbqa.sparql.answer.sayings import Form, Saying, noun, saying_of
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.profile import NUMERIC, Profile, entity_text
from kbqa.sparql.query import RDF_TYPE, Branch, Edge, Filter, Node, Period, Query, Variable
from kbqa.sparql.schema import RELATIONS

Naming = Callable[[NamedNode], str]
"""What an IRI is called."""
THING, VALUE = "thing", "value"
_OF_TRUTH = (Form.ADJECTIVE, Form.MODAL, Form.PARTICIPLE, Form.PAST)
_OF_QUALITIES = ("ic", "al", "ive", "able", "ary", "ent", "ous")
"""The endings of adjectives."""


@dataclass
class Nouns:
    """Names what a query consists of; what was said of it is not said again."""

    query: Query
    profile: Profile
    named: Naming
    said: set[Edge | Filter] = field(default_factory=set)
    mentioned: set[Variable] = field(default_factory=set)
    branch: Branch | None = None
    """The alternative that is told."""

    def name_of(self, variable: Variable, *, several: bool) -> str:
        """The noun of a variable: its class, the property whose value it is, or thing."""
        if name := self.class_of(variable):
            return noun(name, several=several)
        edge = self.introducing(variable)
        if edge is not None and self.saying(edge).is_noun:
            text = self.saying(edge).text
            return noun(text, several=True) if several else text
        return noun(self.kind_of(variable), several=several)

    def class_of(self, variable: Variable) -> str:
        """What its class is called; empty where it has none."""
        main = self.main_class(variable)
        return "" if main is None else self.text_of_class(main)

    def main_class(self, variable: Variable) -> NamedNode | None:
        """Its first class that is no choice between several."""
        return next(
            (
                edge.object
                for edge in self.all_edges()
                if edge.predicate == RDF_TYPE
                and edge.subject == variable
                and isinstance(edge.object, NamedNode)
                and not edge.alternatives
            ),
            None,
        )

    def kind_of(self, variable: Variable) -> str:
        """What a variable without a class may be called: what its properties lead from, or to."""
        for edge in self.all_edges():
            known = self.profile.known.get(edge.predicate)
            kinds = () if known is None else (known.domains if edge.subject == variable else known.ranges)
            if variable in (edge.subject, edge.object) and len(kinds) == 1:
                return VALUE if kinds[0] in NUMERIC or kinds[0] in ("string", "langString") else kinds[0]
        return THING

    def class_name(self, edge: Edge) -> str:
        """What the class of a membership is called, or its classes to choose from."""
        names = [
            self.text_of_class(end) for end in (edge.object, *edge.alternatives) if isinstance(end, NamedNode)
        ]
        return listed(names, "or")

    def a_class(self, edge: Edge, *, several: bool) -> str:
        """The same as a noun with its article, or in the plural."""
        name = self.class_name(edge)
        return noun(name, several=True) if several else with_article(name)

    def text_of_class(self, iri: NamedNode) -> str:
        """What a class is called."""
        classes = {known.iri: known.text for known in self.profile.schema_classes}
        return self.profile.texts.get(iri) or classes.get(iri) or self.named(iri)

    def introducing(self, variable: Variable) -> Edge | None:
        """The edge that leads to a variable as a value, if one does."""
        return next(
            (edge for edge in self.all_edges() if edge.object == variable and edge.predicate != RDF_TYPE),
            None,
        )

    def naming_edge(self, variable: Variable) -> Edge | None:
        """The edge by which a variable is the director of something: not yet said, a noun."""
        edge = self.introducing(variable)
        return edge if edge is not None and self.saying(edge).is_noun and edge not in self.said else None

    def saying(self, edge: Edge) -> Saying:
        """How the property of an edge is said."""
        relation = RELATIONS.get(edge.predicate)
        text = relation.forward if relation else self.profile.every_text.get(edge.predicate, "")
        return saying_of(text or entity_text(edge.predicate.value), of_dates=self.leads_to_times(edge))

    def truth(self, edge: Edge, *, several: bool = False) -> str:
        """What true or false of a property says: is legendary, is not legendary; empty of all else."""
        value = edge.object
        if not isinstance(value, Literal) or value.datatype.value.rsplit("#", 1)[-1] != "boolean":
            return ""
        saying = self.saying(edge)
        if saying.form not in _OF_TRUTH and not saying.text.lower().endswith(_OF_QUALITIES):
            return ""
        return saying.true_of(several=several, holds=value.value in ("true", "1"))

    def unit_of(self, variable: Variable) -> str:
        """The unit of its value; empty for none."""
        edge = self.introducing(variable)
        return self.profile.units.get(edge.predicate, "") if edge else ""

    def is_date(self, variable: Variable) -> bool:
        """Whether its values are dates."""
        edge = self.introducing(variable)
        return edge is not None and self.leads_to_dates(edge)

    def leads_to_times(self, edge: Edge) -> bool:
        """Whether the property of an edge leads to dates, or to numbers, which may be years."""
        known = self.profile.known.get(edge.predicate)
        return known is not None and not NUMERIC.union(DATE_TYPES).isdisjoint(known.ranges)

    def leads_to_dates(self, edge: Edge) -> bool:
        """Whether the property of an edge leads to dates."""
        known = self.profile.known.get(edge.predicate)
        return known is not None and not set(DATE_TYPES).isdisjoint(known.ranges)

    def constants(self, node: Node, edge: Edge) -> str:
        """A constant end of an edge, with its alternatives: of two constants, the subject has them."""
        is_chosen = node == edge.subject or isinstance(edge.subject, Variable)
        ends = (node, *edge.alternatives) if is_chosen else (node,)
        return listed([self.constant(end) for end in ends], "or")

    def constant(self, node: Node | Period) -> str:
        """A constant as it is told."""
        if isinstance(node, NamedNode):
            return self.named(node)
        if isinstance(node, Literal):
            is_bare = node.datatype.value.rsplit("#", 1)[-1] not in ("string", "langString")
            return node.value if is_bare else f"“{node.value}”"
        return str(node)

    def all_edges(self) -> tuple[Edge, ...]:
        """The edges of what is told: of alternatives, those of the one that is."""
        branch = self.branch or (self.query.branches[0] if self.query.branches else Branch())
        inner = (edge for group in self.query.negations for edge in group)
        return (*self.query.edges, *branch.edges, *self.query.optionals, *inner)

    def edges_at(self, variable: Variable) -> list[Edge]:
        """The edges at a variable, those of the alternative that is told among them."""
        edges = (*self.query.edges, *(self.branch.edges if self.branch else ()))
        return [edge for edge in edges if variable in (edge.subject, edge.object)]

    def filters(self) -> tuple[Filter, ...]:
        """The comparisons, those of the alternative that is told among them."""
        return (*self.query.filters, *(self.branch.filters if self.branch else ()))

    def variables(self) -> list[Variable]:
        """The variables in the order of their introduction."""
        ends = (end for edge in self.query.every_edge for end in (edge.subject, edge.object))
        return list(dict.fromkeys(end for end in ends if isinstance(end, Variable)))

    def first_variable(self) -> Variable:
        """The first of them."""
        return next(iter(self.variables()), Variable(0))
