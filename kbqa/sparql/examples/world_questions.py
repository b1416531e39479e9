"""Questions about invented graphs: what is asked of them in many words, with the query that answers it."""

import calendar
import random
from collections.abc import Iterator
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.dates import dated_value
from kbqa.sparql.examples.answers import has_answer
from kbqa.sparql.examples.published import Example
from kbqa.sparql.examples.worlds import XSD, Attribute, Kept, Relation, Text, World
from kbqa.sparql.query import RDF_TYPE, Aggregate, Branch, Comparison, Edge, Filter, Having, Item, Query, Variable
from kbqa.sparql.stores import OxigraphStore

_X, _Y, _Z = Variable(0), Variable(1), Variable(2)
_PEOPLE = ("human", "person", "doctor", "patient", "cook", "singer", "employee", "player", "customer", "politician", "artist")
_WITH_HAVE = ("with", "costing", "earning", "weighing", "that", "who", "from")
"""How conditions begin that do not follow "are"."""
_WITHIN, _DAY = 0.5, 3
"""How often dates are asked for within a year, a month or a day; how many parts a day's date has."""
_LONG = 0.2
"""How many chains have three relations rather than two."""
_WHERE_KNOWN = (
    "list all {c} and their {p}, if known", "all {c} with their {p} where there is one", "show the {c} and their {p}, even where it is missing",
    "{c} and, if they have one, their {p}", "list the {c} with their {p}, also those without one", "all {c}, and the {p} of those that have one",
    "{c} and their {p} (if any)", "which {c} are there, and what is their {p} if it is known", "show all {c} and optionally their {p}",
    "give me the {c} including those without {p}, and their {p}",
)  # fmt: skip
_FROM_NONE = (
    "how many {p} does each {one} have, including those with none", "number of {p} for every {one}, also where there are none",
    "for all {c}, even those without any, the number of {p}", "list every {one} and how many {p} it has, zero included",
    "count the {p} of each {one}, those without {p} too", "all {c} with their number of {p}, including 0",
)  # fmt: skip
_AGGREGATES = (
    ("average", Aggregate.AVG), ("mean", Aggregate.AVG), ("total", Aggregate.SUM), ("highest", Aggregate.MAX), ("lowest", Aggregate.MIN),
)  # fmt: skip


def questions_about(world: World, number: int) -> Iterator[Example]:
    """Yield about `number` questions on a world, each kind in its turn."""
    asked, store = _Questions(world), OxigraphStore(world.store, "")
    for turn in range(number):
        example = asked.makers[turn % len(asked.makers)]()
        if example is not None and example.query is not None and has_answer(example.query, store):
            yield example


class _Questions:
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, random.Random(world.base)
        self.makers = (
            self._chain, self._lookup, self._chain, self._one, self._superlative, self._chain, self._compare, self._lookup, self._one, self._two,
            self._chain, self._with_text, self._count, self._superlative, self._lookup, self._compare, self._ask, self._each, self._both, self._most,
            self._chain, self._without, self._aggregate, self._of_group, self._either, self._of_group, self._ask, self._one,
            self._where_known, self._one_way_or_another, self._where_known, self._counted_from_none, self._one_way_or_another,
        )  # fmt: skip

    def _one(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        if self.rng.random() < 0.5:
            return self._example(self._say(relation.forward, subject), (Edge(subject, predicate, _X),))
        text = self._say(relation.backward, target)
        return self._example(text, self._described(relation, (Edge(_X, predicate, target),)))

    def _chain(self) -> Example | None:
        """Where the author of E's sequel was born: a question about a description, in the place of a name, that relations make."""
        relation, predicate, (subject, target) = self._edge()
        edges, described = [Edge(subject, predicate, _X)], self._owned(relation, self.world.names[subject])
        for variable, more in ((_Y, self.rng.random() < _LONG), (_Z, False)):
            onward = [(each, name, edge[1]) for each, name, found in self.world.edges for edge in found if edge[0] == target]
            if not onward:
                return None
            relation, predicate, target = self.rng.choice(onward)
            edges.append(Edge(edges[-1].object, predicate, variable))
            if not more:
                break
            described = self._owned(relation, described)
        start = self.rng.choice(("", "what is ", "who or what is "))
        text = self.rng.choice((self.rng.choice(relation.forward).format(e=described), start + self._owned(relation, described)))
        return self._example(text, tuple(edges), variable)

    def _owned(self, relation: Relation, described: str) -> str:
        """Return what a relation leads to from a description, as another: an "of" in it would leave open whose an 's is."""
        wordings = ("the {p} of {e}",) if described.startswith("the ") else ("the {p} of {e}", "{e}'s {p}", "{e}'s {p}", "{e} 's {p}")
        return self.rng.choice(wordings).format(p=self._noun(relation), e=described)

    def _described(self, relation: Relation, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Add the class where the question names it and the graph has other subjects of the property."""
        others = [each for each, predicate, _ in self.world.edges if each.source != relation.source and predicate == edges[0].predicate]
        return (*edges, Edge(_X, RDF_TYPE, self.world.class_of(relation.source))) if others and self.world.typed else edges

    def _two(self) -> Example | None:
        """What else has a relation to what has one to E."""
        relation, predicate, (subject, target) = self._edge()
        others = [
            (each, name)
            for each, name, found in self.world.edges
            if each.source == relation.source and name != predicate and any(edge[0] == subject for edge in found)
        ]
        if not others:
            return None
        second, name = self.rng.choice(others)
        text = self.rng.choice(
            (
                "what is the {q} of the {c} with {p} {e}",
                "{q} of the {c} with {p} {e}",
                "what is the {q} of {c} whose {p} is {e}",
                "show the {q} of the {c} with the {p} {e}",
            )
        )
        shown = text.format(q=self._noun(second), c=relation.source, p=self._noun(relation), e=self.world.names[target])
        return self._example(shown, (Edge(_X, predicate, target), Edge(_X, name, _Y)), _Y)

    def _count(self) -> Example | None:
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.25 and self.world.typed:
            kind = self.rng.choice(self.world.classes)
            text = self.rng.choice(("how many {c} are there", "number of {c}", "count the {c}")).format(c=_plural(kind))
            return self._counted(text, (Edge(_X, RDF_TYPE, self.world.class_of(kind)),))
        if self.rng.random() < 0.3:
            return self._number_of()
        wordings = [each for each in relation.backward if each.startswith(("which ", "who "))]
        if not wordings:
            return None
        text = self._say(tuple(wordings), target)
        what = f"how many {text[6:]}" if text.startswith("which ") else f"how many {_plural(relation.source)} {text[4:]}"
        return self._counted(what, self._described(relation, (Edge(_X, predicate, target),)))

    def _number_of(self) -> Example | None:
        """How many subjects a relation's object has, or objects its subject."""
        relation, predicate, (subject, target) = self._edge()
        if self.rng.random() < 0.5:
            text = self.rng.choice(("how many {c} does {e} have", "how many {c} are there for {e}", "number of {c} of {e}"))
            shown = text.format(c=_plural(relation.source), e=self.world.names[target])
            return self._counted(shown, self._described(relation, (Edge(_X, predicate, target),)))
        text = self.rng.choice(("how many {p} does {e} have", "number of {p} of {e}", "how many {p} are there for {e}"))
        noun = self.rng.choice((self._noun(relation), relation.target))
        return self._counted(text.format(p=_plural(noun), e=self.world.names[subject]), (Edge(subject, predicate, _X),))

    def _superlative(self) -> Example | None:
        kept = self.rng.choice(self.world.attributes)
        descending = self.rng.random() < 0.6
        word = self.rng.choice(kept.what.most if descending else kept.what.least)
        kinds, edges = self._group(kept.what.source)
        number = self.rng.choice((1, 1, 1, 3)) if not word.startswith(("with ", "born ")) else 1
        if not edges:
            return None
        if number > 1:
            text = self.rng.choice(("what are the three {w} {c}", "the 3 {w} {c}", "top 3 {w} {c}")).format(c=kinds, w=word)
        elif len(edges) > 1 or not kinds.endswith(_plural(kept.what.source)):
            text = self.rng.choice(("which of the {c} is the {w}", "who or what is the {w} of the {c}", "the {w} of the {c}")).format(
                c=kinds, w=_one_of(word)
            )
        elif word.startswith(("with ", "born ")):
            wordings = ("which {c} is the one {w}", "the {c} {w}", "which is the {c} {w}", "{c} {w}")
            text = self.rng.choice(wordings).format(c=kept.what.source, w=word)
        else:
            plain = ("what is the {w} {c}", "which {c} is the {w}", "the {w} {c}", "find the {w} {c}", "which is the {w} {c}")
            text = self.rng.choice(plain).format(c=kept.what.source, w=word)
        edges = (*edges, Edge(_X, kept.predicate, _Y))
        return Example(self._cased(text), Query(edges, columns=(Item(_X),), order=Item(_Y), descending=descending, limit=number))

    def _compare(self) -> Example | None:
        kept = self.rng.choice(self.world.attributes)
        kinds, edges = self._group(kept.what.source)
        words, condition = self._condition(kept)
        start = self.rng.choice(("which {c} are {w}", "{c} {w}", "list the {c} {w}", "show {c} {w}", "how many {c} are {w}"))
        if words.startswith(_WITH_HAVE) or " that " in kinds:
            start = start.replace("are {w}", "{w}")
        text = start.format(c=kinds, w=words)
        if kept.what.source in _PEOPLE and kinds == _plural(kept.what.source) and not words.startswith(_WITH_HAVE):
            text = f"who {'was' if words.startswith('born') else 'is'} {words}" if self.rng.random() < 0.4 else text
        columns = (Item(_X, Aggregate.COUNT),) if text.startswith("how many") else (Item(_X),)
        return Example(self._cased(text), Query((*edges, Edge(_X, kept.predicate, _Y)), (condition,), columns=columns)) if edges else None

    def _condition(self, kept: Kept[Attribute]) -> tuple[str, Filter]:
        """Return a condition on an attribute in words, and as a filter of _Y."""
        comparison = self.rng.choice((Comparison.GREATER, Comparison.LESS))
        if kept.datatype == "date" and self.rng.random() < _WITHIN:
            comparison = Comparison.EQUAL
        wordings = {Comparison.GREATER: kept.what.more, Comparison.LESS: kept.what.less, Comparison.EQUAL: kept.what.within}[comparison]
        if kept.datatype != "date":
            digits = self.world.number(kept.what)
            number = Literal(digits, datatype=NamedNode(XSD + ("decimal" if "." in digits else "integer")))
            return self.rng.choice(wordings).format(n=digits), Filter(_Y, comparison, number)
        parts = self.rng.choice(list(kept.values.values())).value.split("-")[: self.rng.choice((1, 1, 1, 2, 3))]
        words = self.rng.choice(wordings).format(n=self._said_date(parts))
        if len(parts) == _DAY:
            words = words.replace(" in ", " on ")
        value = dated_value("-".join(parts), "date", comparison)
        assert value is not None
        return words, Filter(_Y, comparison, value)

    def _said_date(self, parts: list[str]) -> str:
        if len(parts) == 1:
            return parts[0]
        month = calendar.month_name[int(parts[1])]
        if len(parts) < _DAY:
            return f"{month} {parts[0]}"
        day = int(parts[2])
        return self.rng.choice((f"{day} {month} {parts[0]}", f"{month} {day}, {parts[0]}", "-".join(parts)))

    def _ask(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        answer = target if self.rng.random() < 0.5 else self.rng.choice(self.world.members[relation.target])
        verbs = [each for wording in relation.backward if (each := _yes_no(wording, _plural(relation.source)))]
        if verbs and self.rng.random() < 0.6:
            shown = self.rng.choice(verbs).format(s=self.world.names[subject], e=self.world.names[answer])
        else:
            text = self.rng.choice(("is {f} the {p} of {e}", "is {e}'s {p} {f}", "does {e} have the {p} {f}", "is the {p} of {e} {f}"))
            shown = text.format(f=self.world.names[answer], e=self.world.names[subject], p=self._noun(relation))
        return Example(self._cased(shown), Query((Edge(subject, predicate, answer),)))

    def _either(self) -> Example | None:
        """What has a relation to one thing or another."""
        relation, predicate, (_, target) = self._edge()
        others = sorted({edge[1] for _, name, found in self.world.edges if name == predicate for edge in found} - {target}, key=str)
        if not others:
            return None
        other, plural = self.rng.choice(others), _plural(relation.source)
        pair = self.rng.choice(("{} or {}", "{} or {}", "either {} or {}")).format(self.world.names[target], self.world.names[other])
        wordings = (*relation.backward, f"which {plural} have the {self._noun(relation)} {{e}}", f"{plural} with {self._noun(relation)} {{e}}")
        edges = self._described(relation, (Edge(_X, predicate, target, (other,)),))
        return self._example(self.rng.choice(wordings).format(e=pair), edges)

    def _one_way_or_another(self) -> Example | None:
        """What one relation or another leads to, or what is described in one way or another."""
        return self.rng.choice((self._two_roles, self._two_descriptions, self._two_conditions, self._two_conditions))()

    def _two_roles(self) -> Example | None:
        """What two relations of one thing lead to."""
        relation, predicate, (subject, _) = self._edge()
        others = [
            (each, name)
            for each, name, found in self.world.edges
            if each.target == relation.target and name != predicate and any(edge[0] == subject for edge in found)
        ]
        if not others:
            return None
        other, name = self.rng.choice(others)
        wordings = ("{p} or {q} of {e}", "who or what is the {p} or the {q} of {e}", "all that is {p} or {q} of {e}", "list {e}'s {p} or {q}")
        text = self.rng.choice(wordings).format(p=self._noun(relation), q=self._noun(other), e=self.world.names[subject])
        return self._alternatives(text, (), Branch((Edge(subject, predicate, _X),)), Branch((Edge(subject, name, _X),)))

    def _two_descriptions(self) -> Example | None:
        """What has one relation to one thing, or another to another."""
        relation, predicate, (_, target) = self._edge()
        others = [(each, name, edges) for each, name, edges in self.world.edges if each.source == relation.source and name != predicate and edges]
        if not others:
            return None
        second, name, edges = self.rng.choice(others)
        other = self.rng.choice(edges)[1]
        plural = _plural(relation.source)
        first_text, second_text = self._say(relation.backward, target), self._say(second.backward, other)
        asked = f"which {plural} "
        if first_text.startswith(asked) and second_text.startswith(asked):
            text = f"{first_text} or {second_text.removeprefix(asked)}"
        else:
            either = f"{self._noun(relation)} {self.world.names[target]} or {self._noun(second)} {self.world.names[other]}"
            text = f"{self.rng.choice((asked + 'have', plural + ' with'))} {either}"
        return self._alternatives(text, (), Branch((Edge(_X, predicate, target),)), Branch((Edge(_X, name, other),)))

    def _two_conditions(self) -> Example | None:
        """Members of a class with one attribute so, or another (or the same one) so."""
        kept = self.rng.choice(self.world.attributes)
        same = self.rng.random() < 0.5
        other = kept if same else self.rng.choice([each for each in self.world.attributes if each.what.source == kept.what.source])
        if not self.world.typed:
            return None
        (words, condition), (other_words, other_condition) = self._condition(kept), self._condition(other)
        if other is kept and condition.comparison == other_condition.comparison:
            return None
        kinds, edges = self._group(kept.what.source)
        if not edges:
            return None
        start = self.rng.choice(("which {c} are {w} or {v}", "{c} {w} or {v}", "list the {c} {w} or {v}", "show {c} either {w} or {v}"))
        start = start.replace("are {w}", "{w}") if words.startswith(_WITH_HAVE) or " that " in kinds else start
        text = start.format(c=kinds, w=words, v=other_words)
        if other is kept:
            return self._alternatives(text, (*edges, Edge(_X, kept.predicate, _Y)), Branch(filters=(condition,)), Branch(filters=(other_condition,)))
        second = Branch((Edge(_X, other.predicate, _Z),), (replace(other_condition, variable=_Z),))
        return self._alternatives(text, edges, Branch((Edge(_X, kept.predicate, _Y),), (condition,)), second)

    def _alternatives(self, text: str, edges: tuple[Edge, ...], *branches: Branch) -> Example:
        """Return a question for what fits one of several patterns, or for how many do, each counted once."""
        columns = (Item(_X),)
        if text.startswith("which ") and self.rng.random() < 0.2:
            text, columns = f"how many {text.removeprefix('which ')}", (Item(_X, Aggregate.COUNT_DISTINCT),)
        return Example(self._cased(text), Query(edges, columns=columns, branches=branches))

    def _where_known(self) -> Example | None:
        """All members of a class, or of a group, each with what it has of something, if it has it."""
        if not self.world.typed:
            return None
        if self.rng.random() < 0.5:
            relation, predicate, _ = self._edge()
            kind, what = relation.source, self._noun(relation)
        else:
            everything: list[Kept[Attribute] | Kept[Text]] = [*self.world.attributes, *self.world.texts]
            kept = self.rng.choice(everything)
            kind, what, predicate = kept.what.source, self.rng.choice((kept.name, *kept.what.names)), kept.predicate
        kinds, edges = self._group(kind)
        if not edges or any(edge.predicate == predicate for edge in edges):
            return None
        text = self.rng.choice(_WHERE_KNOWN).format(c=kinds, p=what)
        return Example(self._cased(text), Query(edges, columns=(Item(_X), Item(_Y)), optionals=(Edge(_X, predicate, _Y),)))

    def _counted_from_none(self) -> Example | None:
        """How many each has, those included that have none."""
        relation, predicate, _ = self._edge()
        onward = self.rng.random() < 0.4
        kind, counted = (relation.source, relation.target) if onward else (relation.target, relation.source)
        if not self.world.typed or kind == counted:
            return None
        counted = self.rng.choice((counted, self._noun(relation))) if onward else counted
        text = self.rng.choice(_FROM_NONE).format(c=_plural(kind), one=kind, p=_plural(counted))
        edge = Edge(_X, predicate, _Y) if onward else Edge(_Y, predicate, _X)
        members = Edge(_X, RDF_TYPE, self.world.class_of(kind))
        return Example(self._cased(text), Query((members,), columns=(Item(_X), Item(_Y, Aggregate.COUNT)), optionals=(edge,)))

    def _of_group(self) -> Example | None:
        """What has a relation to members of a class that a relation of their own describes, or what these have one to."""
        relation, predicate, _ = self._edge()
        onward = self.rng.random() < 0.5
        kinds, edges = self._group(relation.source if onward else relation.target, whole=False)
        if not edges:
            return None
        described = self.rng.choice(("the {}", "the {}", "{}")).format(kinds)
        wordings = relation.forward if onward else relation.backward
        text = self.rng.choice(wordings).format(e=described)
        return self._example(text, (*edges, Edge(_X, predicate, _Y) if onward else Edge(_Y, predicate, _X)), _Y)

    def _both(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        others = [
            (each, name, edge[1])
            for each, name, found in self.world.edges
            if each.source == relation.source
            for edge in found
            if edge[0] == subject and edge != (subject, target)
        ]
        if not others:
            return None
        second, name, other = self.rng.choice(others)
        first_text, second_text = self._say(relation.backward, target), self._say(second.backward, other)
        if first_text.startswith(f"which {_plural(relation.source)} ") and second_text.startswith(f"which {_plural(relation.source)} "):
            text = f"{first_text} and {second_text.removeprefix(f'which {_plural(relation.source)} ')}"
        else:
            pairs = f"{self._noun(relation)} {self.world.names[target]} and {self._noun(second)} {self.world.names[other]}"
            text = f"which {_plural(relation.source)} have {pairs}"
        return self._example(text, (Edge(_X, predicate, target), Edge(_X, name, other)))

    def _most(self) -> Example | None:
        if not self.world.typed:
            return None
        relation, predicate, _ = self._edge()
        descending = self.rng.random() < 0.8
        if self.rng.random() < 0.4:
            text = self.rng.choice(("which {c} has the {m} {p}", "{c} with the {m} {p}", "the {c} that has the {m} {p}"))
            noun = _plural(self.rng.choice((self._noun(relation), relation.target)))
            shown = text.format(c=relation.source, m="most" if descending else "fewest", p=noun)
            order = Item(_Y, Aggregate.COUNT)
            edges = self._started(relation, predicate)
            return Example(self._cased(shown), Query(edges, columns=(Item(_X),), order=order, descending=descending, limit=1))
        text = self.rng.choice(("which {t} has the {m} {c}", "{t} with the {m} {c}", "what {t} has the {m} {c}", "which {t} has {m} {c}"))
        shown = text.format(t=relation.target, m="most" if descending else "fewest", c=_plural(relation.source))
        counted = Item(_X, Aggregate.COUNT)
        if self.rng.random() < 0.25:
            number = Literal("2", datatype=NamedNode(f"{XSD}integer"))
            shown = self.rng.choice(("which {t} have more than 2 {c}", "{t} with more than two {c}")).format(
                t=_plural(relation.target), c=_plural(relation.source)
            )
            return Example(
                self._cased(shown), Query(self._started(relation, predicate), columns=(Item(_Y),), having=Having(counted, Comparison.GREATER, number))
            )
        return Example(
            self._cased(shown), Query(self._started(relation, predicate), columns=(Item(_Y),), order=counted, descending=descending, limit=1)
        )

    def _started(self, relation: Relation, predicate: NamedNode) -> tuple[Edge, ...]:
        return (Edge(_X, RDF_TYPE, self.world.class_of(relation.source)), Edge(_X, predicate, _Y))

    def _without(self) -> Example | None:
        if not self.world.typed:
            return None
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.3:
            text = self.rng.choice(("which {t} have no {c}", "{t} without {c}", "{t} that have no {c}", "for which {t} are there no {c}"))
            shown = text.format(t=_plural(relation.target), c=_plural(relation.source))
            members = Edge(_X, RDF_TYPE, self.world.class_of(relation.target))
            return Example(self._cased(shown), Query((members,), negations=((Edge(_Y, predicate, _X),),), columns=(Item(_X),)))
        members = Edge(_X, RDF_TYPE, self.world.class_of(relation.source))
        kinds = _plural(relation.source)
        if self.rng.random() < 0.5:
            text = self.rng.choice(("which {c} have no {p}", "{c} without a {p}", "{c} that have no {p}")).format(c=kinds, p=self._noun(relation))
            group = (Edge(_X, predicate, _Y),)
        else:
            text = self.rng.choice(("which {c} do not have the {p} {e}", "{c} whose {p} is not {e}")).format(
                c=kinds, p=self._noun(relation), e=self.world.names[target]
            )
            group = (Edge(_X, predicate, target),)
        return Example(self._cased(text), Query((members,), negations=(group,), columns=(Item(_X),)))

    def _aggregate(self) -> Example | None:
        kept = self.rng.choice([each for each in self.world.attributes if each.datatype != "date"] or [None])
        kinds, edges = self._group(kept.what.source) if kept else ("", ())
        if kept is None or not edges:
            return None
        word, aggregate = self.rng.choice(_AGGREGATES)
        wordings = ("what is the {w} {p} of the {c}", "{w} {p} of all {c}", "{w} {p} of {c}", "the {w} {p} of {c}")
        text = self.rng.choice(wordings).format(w=word, p=self.rng.choice(kept.what.names), c=kinds)
        return Example(self._cased(text), Query((*edges, Edge(_X, kept.predicate, _Y)), columns=(Item(_Y, aggregate),)))

    def _each(self) -> Example | None:
        """For each object of a relation, how many subjects it has, or the mean of what they have."""
        relation, predicate, _ = self._edge()
        kept = [each for each in self.world.attributes if each.what.source == relation.source and each.datatype != "date"]
        edges, parts = self._started(relation, predicate), {"c": _plural(relation.source), "t": relation.target, "p": self._noun(relation)}
        if not kept or self.rng.random() < 0.5:
            text = self.rng.choice(("how many {c} are there for each {t}", "number of {c} per {t}", "for each {t}, how many {c} are there")).format(
                **parts
            )
            return Example(self._cased(text), Query(edges, columns=(Item(_Y), Item(_X, Aggregate.COUNT))))
        chosen = self.rng.choice(kept)
        word, aggregate = self.rng.choice(_AGGREGATES)
        parts |= {"w": word, "a": self.rng.choice(chosen.what.names)}
        edges = (*edges, Edge(_X, chosen.predicate, _Z))
        if self.rng.random() < 0.5:
            text = self.rng.choice(("{w} {a} of {c} per {t}", "what is the {w} {a} of the {c} for each {t}", "for each {p}, the {w} {a} of its {c}"))
            return Example(self._cased(text.format(**parts)), Query(edges, columns=(Item(_Y), Item(_Z, aggregate))))
        descending = self.rng.random() < 0.7
        text = self.rng.choice(
            ("which {t} has the {m} {w} {a} of its {c}", "the {t} whose {c} have the {m} {w} {a}", "{t} with the {m} {w} {a} of {c}")
        )
        shown = text.format(m="highest" if descending else "lowest", **parts)
        return Example(self._cased(shown), Query(edges, columns=(Item(_Y),), order=Item(_Z, aggregate), descending=descending, limit=1))

    def _lookup(self) -> Example | None:
        """What a member, or what a relation leads to from it, has as an attribute or a text."""
        everything: list[Kept[Attribute] | Kept[Text]] = [*self.world.attributes, *self.world.texts]
        kept = self.rng.choice(everything)
        if not kept.values:
            return None
        wordings = (
            *kept.what.asked,
            *kept.what.asked,
            "what is the {a} of {e}",
            "{e}'s {a}",
            "what is {e}'s {a}",
            "{a} of {e}",
            "tell me the {a} of {e}",
        )
        text, name = self.rng.choice(wordings), self.rng.choice((kept.name, *kept.what.names))
        leading = [(relation, predicate, each) for relation, predicate, found in self.world.edges for each in found if each[1] in kept.values]
        if leading and self.rng.random() < 0.4:
            relation, predicate, (subject, _) = self.rng.choice(leading)
            described = self.rng.choice(("the {p} of {e}", "{e}'s {p}")).format(p=self._noun(relation), e=self.world.names[subject])
            return self._example(text.format(a=name, e=described), (Edge(subject, predicate, _X), Edge(_X, kept.predicate, _Y)), _Y)
        node = self.rng.choice(list(kept.values))
        return self._example(text.format(a=name, e=self.world.names[node]), (Edge(node, kept.predicate, _X),))

    def _with_text(self) -> Example | None:
        """Members that have a text."""
        kept = self.rng.choice(self.world.texts) if self.world.texts else None
        if kept is None or not kept.values or not self.world.typed:
            return None
        value = self.rng.choice(list(kept.values.values()))
        edges = (Edge(_X, RDF_TYPE, self.world.class_of(kept.what.source)), Edge(_X, kept.predicate, value))
        parts = {"c": _plural(kept.what.source), "a": self.rng.choice((kept.name, *kept.what.names)), "v": value.value}
        wordings = ("which {c} have the {a} {v}", "{c} whose {a} is {v}", "{c} with {a} {v}", "how many {c} have the {a} {v}", "how many {c} are {v}")
        text = self.rng.choice((*wordings, "{v} {c}", "which {c} are {v}", "list all {v} {c}") if kept.what.values else wordings[:4]).format(**parts)
        columns = (Item(_X, Aggregate.COUNT),) if text.startswith("how many") else (Item(_X),)
        return Example(self._cased(text), Query(edges, columns=columns))

    def _group(self, kind: str, *, whole: bool = True) -> tuple[str, tuple[Edge, ...]]:
        """Return members of a class in words (all, if that may be, or those with a relation to something), and as edges of _X.

        None where nothing tells them.
        """
        found = [(relation, predicate, each[1]) for relation, predicate, edges in self.world.edges if relation.source == kind for each in edges]
        if not whole and not found:
            return "", ()
        if whole and (not found or self.rng.random() < 0.5):
            return _plural(kind), (Edge(_X, RDF_TYPE, self.world.class_of(kind)),) if self.world.typed else ()
        relation, predicate, target = self.rng.choice(found)
        plural, name = _plural(kind), self.world.names[target]
        asked = f"which {plural} "
        told = [each.removeprefix(asked) for each in relation.backward if each.startswith(asked)]
        wordings = [f"{plural} that {each}" for each in told if not each.startswith(("does ", "did "))]
        wordings += [f"{plural} that {{e}} {each.removeprefix('does {e} ')}s" for each in told if each.startswith("does {e} ")]
        wordings += [each for each in relation.backward if each.startswith(f"{plural} ")]
        wordings += [f"{plural} with {self._noun(relation)} {{e}}", f"{plural} whose {self._noun(relation)} is {{e}}"]
        return self.rng.choice(wordings).format(e=name), self._described(relation, (Edge(_X, predicate, target),))

    def _counted(self, text: str, edges: tuple[Edge, ...]) -> Example:
        return Example(self._cased(text), Query(edges, columns=(Item(_X, Aggregate.COUNT),)))

    def _example(self, text: str, edges: tuple[Edge, ...], answer: Variable = _X) -> Example:
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


def _yes_no(wording: str, plural: str) -> str | None:
    """Return what is asked from an object as a question whether it is so of a subject {s}: which trains stop at {e} → does {s} stop at {e}."""
    for helper in ("did", "does"):
        _, found, rest = wording.partition(f" {helper} {{e}} ")
        if found:
            return f"{helper} {{e}} {rest} {{s}}"
    first, _, rest = wording.removeprefix(f"which {plural} ").partition(" ")
    if wording.startswith(f"which {plural} ") and first not in ("have", "went"):
        return f"{'is' if first == 'are' else 'was'} {{s}} {rest}" if first in ("are", "were") else f"does {{s}} {first} {rest}"
    if wording.startswith(("who is ", "who was ")):
        return f"{wording.split()[1]} {{s}} {wording.split(' ', 2)[2]}"
    return None


def _one_of(word: str) -> str:
    """Return the words for the most of something as they stand before "of": with the most pages → one with the most pages."""
    return f"one {word}" if word.startswith(("with ", "born ")) else word


def _plural(text: str) -> str:
    if text in ("person", "human"):
        return "people"
    if text == "species":
        return text
    if text.endswith(("ss", "ch", "sh")):
        return f"{text}es"
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2] not in "aeiou" else f"{text}s"
