"""A query in plain English, complete: whoever reads it knows every condition, group and limit that it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kbqa.questions.phrases import begun, listed, ordinal, with_article
from kbqa.sparql.answer.nouns import VALUE, Naming, Nouns
from kbqa.sparql.answer.sayings import Saying
from kbqa.sparql.dates import DATE_TYPES
from kbqa.sparql.profile import Profile, entity_text
from kbqa.sparql.query import (
    RDF_TYPE,
    Aggregate,
    Average,
    Branch,
    Comparison,
    Edge,
    Filter,
    Item,
    Node,
    Operation,
    Period,
    Query,
    Reach,
    Value,
    Variable,
)

_COMPARED = {
    Comparison.EQUAL: "is",
    Comparison.UNEQUAL: "is not",
    Comparison.LESS: "is less than",
    Comparison.GREATER: "is more than",
    Comparison.AT_MOST: "is at most",
    Comparison.AT_LEAST: "is at least",
    Comparison.CONTAINS: "contains",
}
_DATED = {
    Comparison.LESS: "is before",
    Comparison.GREATER: "is after",
    Comparison.AT_MOST: "is not later than",
    Comparison.AT_LEAST: "is not earlier than",
}
_TOGETHER = {
    Aggregate.SUM: "total",
    Aggregate.AVG: "average",
    Aggregate.MIN: "lowest",
    Aggregate.MAX: "highest",
}
_CALCULATED = {
    Operation.DIFFERENCE: "the difference between {0} and {1}",
    Operation.RATIO: "{0} divided by {1}",
    Operation.PERCENTAGE: "{0} in percent of {1}",
}
_STEPS = " (over any number of steps)"
_COUNTS = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
_WHOLE_DATE = len("2000-01-01")


def in_words(query: Query, profile: Profile, named: Naming) -> str:
    """A query as a sentence; IRIs of things are `named`."""
    return f"{begun(_Words(query, profile, named).text())}."


def headings(query: Query, profile: Profile) -> tuple[str, ...]:
    """What the columns of a query hold, each once, as the heads of a table: film, number of cities."""
    words = _Words(query, profile, lambda iri: entity_text(iri.value))
    heads: list[str] = []
    for item in query.columns:
        head = words.heading(item)
        beside = sum(1 for other in heads if other.rstrip(" 0123456789") == head)
        heads.append(f"{head} {beside + 1}" if beside else head)
    return tuple(heads)


def constants_of(query: Query) -> list[NamedNode]:
    """The IRIs of things that a query names, which need names to be told."""
    edges = [*query.every_edge, *(edge for group in query.negations for edge in group)]
    ends = [end for edge in edges for end in (edge.subject, edge.object, *edge.alternatives)]
    filters = [*query.filters, *(each for branch in query.branches for each in branch.filters)]
    ends += [each.value for each in filters if isinstance(each.value, NamedNode)]
    ends += [each.value.edge.subject for each in filters if isinstance(each.value, Average)]
    ends += [term for choice in query.choices for term in choice.terms]
    ends += [iri for value in query.values for iri in constants_of(value)]
    return list(dict.fromkeys(end for end in ends if isinstance(end, NamedNode)))


@dataclass
class _Words(Nouns):
    """Puts a query into words; what was said of it is not said again."""

    # The whole

    def text(self) -> str:
        if not self.query.columns:
            return f"whether {self.statements() or 'there is anything'}"
        parts = [self.shown(), self.sorted(), self.having()]
        rest = self.statements()
        return ", ".join([*filter(None, parts), *([f"where {rest}"] if rest else [])])

    def shown(self) -> str:
        calculated = [self.calculated(item) for item in self.query.columns if item.operation]
        if calculated:
            return listed(calculated)
        plain = [item.variable for item in self.query.columns if item.variable and not item.aggregate]
        computed = [item for item in self.query.columns if item.aggregate]
        if not plain:
            return self.computed_alone(computed)
        main, *others = plain
        beside = [variable for variable in others if self.value_edge(main, variable)]
        for variable in beside:
            self.said.add(self.value_edge(main, variable))  # type: ignore[arg-type]
        head = self.main(main)
        shown = [self.beside(main, variable) for variable in others]
        shown += [self.aggregated(item) for item in computed]
        return f"{head}, with {listed(shown)}" if shown else head

    def calculated(self, item: Item) -> str:
        """What is calculated of two values: the difference between the height of A and the height of B."""
        ends = [self.other_value(end) for end in (item.variable, item.operand) if end is not None]
        assert item.operation is not None
        return _CALCULATED[item.operation].format(*ends)

    def other_value(self, variable: Variable) -> str:
        """A value that another one is compared, or calculated, with: whose it is, or how it is found."""
        if isinstance(variable, Value):
            return f"({_Words(self.query.values[variable.index], self.profile, self.named).text()})"
        edge = self.introducing(variable)
        if edge is None or variable in self.mentioned:
            return f"the {self.name_of(variable, several=False)}"
        self.said.add(edge)
        self.mentioned.add(variable)
        return f"the {self.saying(edge).text} of {self.end(edge.subject, edge)}"

    def computed_alone(self, items: Sequence[Item]) -> str:
        """Aggregates of everything: the number of films, the average height of towers."""
        first = items[0]
        if first.aggregate in _COUNTS:
            counted = self.head(first.variable or self.first_variable(), several=True)
            different = (
                "different " if first.aggregate == Aggregate.COUNT_DISTINCT and self.is_value(first) else ""
            )
            texts = [f"the number of {different}{counted}"]
        else:
            texts = [f"the {_TOGETHER[first.aggregate]} {self.owned(first.variable)}"]  # type: ignore[index]
        return listed([*texts, *(self.aggregated(item) for item in items[1:])])

    def is_value(self, item: Item) -> bool:
        return item.variable is not None and self.class_of(item.variable) == ""

    def owned(self, variable: Variable | None) -> str:
        """A value with what has it: height of towers whose city is Porto."""
        edge = self.introducing(variable) if variable else None
        if variable is None or edge is None or not isinstance(edge.subject, Variable):
            return self.head(variable or self.first_variable(), several=True)
        self.said.add(edge)
        self.mentioned.add(variable)
        conditions = self.conditions(variable)
        whose = f" that {listed(conditions)}" if conditions else ""
        return f"{self.saying(edge).text}{whose} of {self.head(edge.subject, several=True)}"

    def main(self, variable: Variable) -> str:
        """The first column: all of it, or what is first in some order."""
        query = self.query
        if query.order is None or (query.limit is None and query.place is None):
            edge = None if self.class_of(variable) else self.naming_edge(variable)
            is_one = edge is not None and not isinstance(edge.subject, Variable) and not query.grouped
            return f"{'the' if is_one else 'every'} {self.head(variable, several=False)}"
        if query.order == Item(variable):
            limit = "" if query.limit == 1 or query.place else f"{query.limit} "
            return f"the {limit}{self.extreme(variable)} {self.owned(variable)}"
        several = query.limit != 1 and query.place is None
        name, extreme = self.name_of(variable, several=several), self.superlative(query.order)
        among = self.head(variable, several=True)
        first = f"the {query.limit} {name}" if several else f"the {name}"
        is_all = among == self.name_of(variable, several=True)
        return f"{first} with {extreme}" if is_all else f"{first} with {extreme} among {among}"

    def superlative(self, order: Item) -> str:
        if order.aggregate in _COUNTS:
            counted = self.counted(order)
            place = f"{ordinal(self.query.place)} " if self.query.place and self.query.place > 1 else ""
            return f"the {place}{'most' if self.query.descending else 'fewest'} {counted}"
        if order.variable is None:
            return "the first place in the order"
        edge = self.introducing(order.variable)
        if edge is not None:
            self.said.add(edge)
            self.mentioned.add(order.variable)
        name = self.name_of(order.variable, several=False)
        total = f"{_TOGETHER[order.aggregate]} " if order.aggregate else ""
        return f"the {self.extreme(order.variable)} {total}{name}"

    def counted(self, item: Item) -> str:
        """What is counted in each group: members, or what the pattern leads to."""
        grouped = set(self.query.grouped)
        variable = item.variable
        if variable is None:
            left = [each for each in self.variables() if each not in grouped]
            variable = left[-1] if left else None
        if variable is None:
            return "occurrences"
        # What is said of it stands in a clause of its own; here only its name.
        edges = [edge for edge in self.edges_at(variable) if self.is_simple(edge, variable)]
        self.said.update(edges[:1] if len(self.edges_at(variable)) == 1 else ())
        return self.name_of(variable, several=True)

    def is_simple(self, edge: Edge, variable: Variable) -> bool:
        other = edge.object if edge.subject == variable else edge.subject
        return isinstance(other, Variable)

    def extreme(self, variable: Variable) -> str:
        low, high = ("earliest", "latest") if self.is_date(variable) else ("lowest", "highest")
        place = f"{ordinal(self.query.place)} " if self.query.place and self.query.place > 1 else ""
        return f"{place}{high if self.query.descending else low}"

    def beside(self, main: Variable, variable: Variable) -> str:
        """A further column: its capital, or the film."""
        edge = self.value_edge(main, variable)
        known = " where it is known" if any(variable == edge.object for edge in self.query.optionals) else ""
        self.said.update(edge for edge in self.query.optionals if variable == edge.object)
        if edge is not None:
            self.mentioned.add(variable)
            conditions = [*self.conditions(variable), *self.clauses(variable, several=False)]
            further = f" ({listed(conditions)})" if conditions else ""
            return f"its {self.saying(edge).text}{further}{known}"
        if variable in self.mentioned:
            return f"that {self.name_of(variable, several=False)}{known}"
        return f"the {self.head(variable, several=False)}{known}"

    def value_edge(self, main: Variable, variable: Variable) -> Edge | None:
        """The edge by which a column is a property of the first one."""
        return next(
            (
                edge
                for edge in self.query.every_edge
                if edge.subject == main and edge.object == variable and self.saying(edge).is_noun
            ),
            None,
        )

    def aggregated(self, item: Item) -> str:
        if item.aggregate in _COUNTS:
            return f"the number of {self.counted(item)}"
        assert item.aggregate is not None
        name = self.name_of(item.variable, several=False) if item.variable else VALUE
        return f"the {_TOGETHER[item.aggregate]} {name}"

    def heading(self, item: Item) -> str:
        """What a column holds."""
        if item.aggregate in _COUNTS:
            variable = item.variable or (None if self.query.grouped else self.first_variable())
            counted = self.name_of(variable, several=True) if variable else self.counted(item)
            return f"number of {counted}"
        name = self.name_of(item.variable, several=False) if item.variable else VALUE
        return f"{_TOGETHER[item.aggregate]} {name}" if item.aggregate else name

    def sorted(self) -> str:
        query, order = self.query, self.query.order
        if order is None:
            return "" if query.limit is None else f"only the first {query.limit}"
        if query.limit is not None or query.place is not None:
            plain = [item.variable for item in query.columns if item.variable and not item.aggregate]
            return "" if plain else f"only {query.limit or ordinal(query.place or 1)}"
        return f"sorted by {self.ordered_by(order)}"

    def ordered_by(self, order: Item) -> str:
        if order.variable is None or order.aggregate:
            return f"{self.aggregated(order)} ({'highest' if self.query.descending else 'lowest'} first)"
        name = self.name_of(order.variable, several=False)
        return f"{name} ({self.extreme(order.variable)} first)"

    def having(self) -> str:
        having = self.query.having
        if having is None:
            return ""
        is_found = isinstance(having.value, Variable)
        value = self.other_value(having.value) if is_found else self.constant(having.value)  # type: ignore[arg-type]
        compared = _COMPARED[having.comparison].removeprefix("is ")
        if having.item.aggregate in _COUNTS:
            exactly = "exactly " if having.comparison == Comparison.EQUAL else f"{compared} "
            return f"only those with {exactly if compared else ''}{value} {self.counted(having.item)}"
        what = self.aggregated(having.item).removeprefix("the ")
        return f"only those whose {what} {_COMPARED[having.comparison]} {value}"

    # Statements

    def statements(self) -> str:
        """What is left to say, as sentences."""
        texts: list[str] = []
        texts.extend(self.statement(edge) for edge in self.query.edges if edge not in self.said)
        texts += self.alternatives(None, several=False)
        texts += [self.condition(each) for each in self.query.filters if self.take(each)]
        texts += [
            f"not: {self.negated(group)}" for group in self.query.negations if group[0] not in self.said
        ]
        return listed(texts)

    def negated(self, group: tuple[Edge, ...]) -> str:
        return listed([self.statement(edge) for edge in group if edge not in self.said])

    def statement(self, edge: Edge) -> str:
        self.said.add(edge)
        if edge.predicate == RDF_TYPE and isinstance(edge.subject, Variable):
            return f"there is {with_article(self.head(edge.subject, several=False))}"
        subject = self.end(edge.subject, edge)
        if edge.predicate == RDF_TYPE:
            return f"{subject} is {with_article(self.class_name(edge))}"
        saying = self.saying(edge)
        if isinstance(edge.object, Variable) and saying.is_noun:
            return self.valued(edge, subject)
        if truth := self.truth(edge):
            return f"{subject} {truth}"
        return saying.stated(subject, self.end(edge.object, edge))

    def valued(self, edge: Edge, subject: str) -> str:
        """The height of X is more than 5; X has a height."""
        assert isinstance(edge.object, Variable)
        text = self.saying(edge).text
        self.mentioned.add(edge.object)
        conditions = self.conditions(edge.object)
        clauses = self.clauses(edge.object, several=False)
        if conditions:
            return f"the {text} of {subject} {listed([*conditions, *clauses])}"
        return f"{subject} has {with_article(' '.join([text, *clauses]))}"

    def condition(self, condition: Filter) -> str:
        return f"the {self.name_of(condition.variable, several=False)} {self.compared(condition)}"

    def end(self, node: Node, edge: Edge) -> str:
        text = self.one(node) if isinstance(node, Variable) else self.constants(node, edge)
        return f"{text}{_STEPS if edge.reach == Reach.MANY else ''}"

    # Nouns and what is said of them

    def one(self, variable: Variable) -> str:
        """A variable within a clause: a film whose …, or the same one again."""
        if variable in self.mentioned:
            return f"the same {self.name_of(variable, several=False)}"
        is_one = self.class_of(variable) == "" and self.naming_edge(variable) is not None
        head = self.head(variable, several=False)
        return f"the {head}" if is_one else with_article(head)

    def head(self, variable: Variable, *, several: bool) -> str:
        """The noun of a variable with all that is said of it, without an article."""
        self.mentioned.add(variable)
        self.said.update(
            edge
            for edge in self.all_edges()
            if edge.predicate == RDF_TYPE
            and edge.subject == variable
            and not edge.alternatives
            and edge.object == self.main_class(variable)
        )
        name = self.name_of(variable, several=several)
        edge = None if self.class_of(variable) else self.naming_edge(variable)
        if edge is not None:
            self.said.add(edge)
            name = f"{name} of {self.end(edge.subject, edge)}"
        return " ".join([name, *self.clauses(variable, several=several)])

    def clauses(self, variable: Variable, *, several: bool) -> list[str]:
        """All that is said of a variable, and not yet said."""
        edges = [edge for edge in self.edges_at(variable) if edge not in self.said]
        plain = sorted(edges, key=lambda edge: isinstance(_other(edge, variable), Variable))
        texts = [self.clause(edge, variable, several=several) for edge in plain if self.take(edge)]
        texts += [self.without(group, variable, several=several) for group in self.negations_of(variable)]
        conditions = [*self.conditions(variable), *self.chosen(variable, several=several)]
        texts += [f"that {listed(conditions)}"] if conditions else []
        texts += self.alternatives(variable, several=several)
        return [f"{'and ' if number else ''}{text}" for number, text in enumerate(filter(None, texts))]

    def clause(self, edge: Edge, variable: Variable, *, several: bool) -> str:
        if edge.predicate == RDF_TYPE:
            return f"that {'are' if several else 'is'} {self.a_class(edge, several=several)}"
        saying = self.saying(edge)
        if edge.subject == variable:
            if truth := self.truth(edge, several=several):
                return f"that {truth}"
            return self.having_value(edge, saying, several=several)
        return saying.of_object(self.end(edge.subject, edge), several=several)

    def having_value(self, edge: Edge, saying: Saying, *, several: bool) -> str:
        value = edge.object
        if not isinstance(value, Variable) or not saying.is_noun or value in self.mentioned:
            return saying.of_subject(self.end(value, edge), several=several)
        if any(each not in self.said for each in self.edges_at(value)) or list(
            self.negations_of(value, peek=True)
        ):
            return saying.of_subject(self.one_named(value), several=several)
        self.mentioned.add(value)
        conditions = self.conditions(value)
        return (
            f"whose {saying.text} {listed(conditions)}" if conditions else f"with {with_article(saying.text)}"
        )

    def one_named(self, variable: Variable) -> str:
        """A variable whose property was just said: whose director is one whose birth place is Porto."""
        if self.class_of(variable):
            return self.one(variable)
        self.mentioned.add(variable)
        return " ".join(["one", *self.clauses(variable, several=False)])

    def without(self, group: tuple[Edge, ...], variable: Variable, *, several: bool) -> str:
        """What must not be, of a variable."""
        first, *rest = group
        self.said.update(group)
        value, saying = _other(first, variable), self.saying(first)
        if first.predicate == RDF_TYPE:
            return f"that {'are' if several else 'is'} not {self.a_class(first, several=several)}"
        if not isinstance(value, Variable):
            text = self.constants(value, first)
            way = saying.lacking if first.subject == variable else saying.not_of
            return way(text, several=several)
        self.said.difference_update(rest)
        inner = self.name_of(value, several=False)
        self.mentioned.add(value)
        further = [
            self.clause(edge, value, several=False) for edge in rest if value in (edge.subject, edge.object)
        ]
        self.said.update(rest)
        what = " ".join([inner, *further])
        if first.subject == variable:
            return (
                f"without {with_article(what)}"
                if saying.is_noun
                else saying.lacking_any(what, several=several)
            )
        return (
            saying.not_of(f"any {what}", several=several)
            if saying.is_noun
            else f"that no {what} {saying.text}"
        )

    def alternatives(self, variable: Variable | None, *, several: bool) -> list[str]:
        """The branches, those about a variable where one is given."""
        branches = self.query.branches
        if not branches or self.branch is not None or all(_parts(branch) <= self.said for branch in branches):
            return []
        if variable is not None and not all(variable in _variables(branch) for branch in branches):
            return []
        texts = []
        for branch in branches:
            self.branch = branch
            if variable is None:
                texts.append(listed([self.statement(edge) for edge in branch.edges if edge not in self.said]))
            else:
                texts.append(" ".join(self.clauses(variable, several=several)))
            self.said.update(_parts(branch))
        self.branch = None
        return [listed([text for text in texts if text], "or")]

    def negations_of(self, variable: Variable, *, peek: bool = False) -> Iterator[tuple[Edge, ...]]:
        for group in self.query.negations:
            if group and group[0] not in self.said and variable in (group[0].subject, group[0].object):
                yield group

    def conditions(self, variable: Variable) -> list[str]:
        """The comparisons of a variable, not yet said: is more than 5."""
        return [
            self.compared(each) for each in self.filters() if each.variable == variable and self.take(each)
        ]

    def chosen(self, variable: Variable, *, several: bool) -> list[str]:
        """The things of which a variable is one."""
        verb = "are" if several else "is"
        choices = [choice.terms for choice in self.query.choices if choice.variable == variable]
        return [f"{verb} {listed([self.constant(term) for term in terms], 'or')}" for terms in choices]

    def compared(self, condition: Filter) -> str:
        value, comparison = condition.value, condition.comparison
        if isinstance(value, Variable):
            words = _DATED if self.is_date(condition.variable) else _COMPARED
            return f"{words.get(comparison, _COMPARED[comparison])} {self.other_value(value)}"
        if isinstance(value, Average):
            of = value.edge.subject
            whose = "" if isinstance(of, Variable) else f" of {self.constants(of, value.edge)}"
            return f"{_COMPARED[comparison]} the average {self.saying(value.edge).text}{whose}"
        if isinstance(value, Period):
            verb = "is" if comparison == Comparison.EQUAL else "is not"
            return f"{verb} {value.value}" if len(value.value) == _WHOLE_DATE else f"{verb} in {value.value}"
        is_date = isinstance(value, Literal) and value.datatype.value.rsplit("#", 1)[-1] in DATE_TYPES
        verb = _DATED.get(comparison, _COMPARED[comparison]) if is_date else _COMPARED[comparison]
        unit = self.unit_of(condition.variable)
        return f"{verb} {self.constant(value)}{f' {unit}' if unit else ''}"

    def take(self, part: Edge | Filter) -> bool:
        """Whether a part was not said yet; now it is."""
        is_new = part not in self.said
        self.said.add(part)
        return is_new


def _other(edge: Edge, variable: Variable) -> Node:
    return edge.object if edge.subject == variable else edge.subject


def _parts(branch: Branch) -> set[Edge | Filter]:
    return {*branch.edges, *branch.filters}


def _variables(branch: Branch) -> set[Variable]:
    return {end for edge in branch.edges for end in (edge.subject, edge.object) if isinstance(end, Variable)}
