"""Questions on invented graphs for one thing or another, for what may be missing, and for what must be."""

from dataclasses import replace

from kbqa.sparql.examples.published import Example
from kbqa.sparql.examples.world_words import WITH_HAVE, WorldWords, X, Y, Z, plural_of
from kbqa.sparql.examples.worlds import Attribute, Kept, Text
from kbqa.sparql.query import RDF_TYPE, Aggregate, Branch, Edge, Item, Query

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


class AlternativeQuestions(WorldWords):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def _either(self) -> Example | None:
        """What has a relation to one thing or another."""
        relation, predicate, (_, target) = self._edge()
        others = sorted({edge[1] for _, name, found in self.world.edges if name == predicate for edge in found} - {target}, key=str)
        if not others:
            return None
        other, plural = self.rng.choice(others), plural_of(relation.source)
        pair = self.rng.choice(("{} or {}", "{} or {}", "either {} or {}")).format(self.world.names[target], self.world.names[other])
        wordings = (*relation.backward, f"which {plural} have the {self._noun(relation)} {{e}}", f"{plural} with {self._noun(relation)} {{e}}")
        edges = self._described(relation, (Edge(X, predicate, target, (other,)),))
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
        return self._alternatives(text, (), Branch((Edge(subject, predicate, X),)), Branch((Edge(subject, name, X),)))

    def _two_descriptions(self) -> Example | None:
        """What has one relation to one thing, or another to another."""
        relation, predicate, (_, target) = self._edge()
        others = [(each, name, edges) for each, name, edges in self.world.edges if each.source == relation.source and name != predicate and edges]
        if not others:
            return None
        second, name, edges = self.rng.choice(others)
        other = self.rng.choice(edges)[1]
        plural = plural_of(relation.source)
        first_text, second_text = self._say(relation.backward, target), self._say(second.backward, other)
        asked = f"which {plural} "
        if first_text.startswith(asked) and second_text.startswith(asked):
            text = f"{first_text} or {second_text.removeprefix(asked)}"
        else:
            either = f"{self._noun(relation)} {self.world.names[target]} or {self._noun(second)} {self.world.names[other]}"
            text = f"{self.rng.choice((asked + 'have', plural + ' with'))} {either}"
        return self._alternatives(text, (), Branch((Edge(X, predicate, target),)), Branch((Edge(X, name, other),)))

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
        start = start.replace("are {w}", "{w}") if words.startswith(WITH_HAVE) or " that " in kinds else start
        text = start.format(c=kinds, w=words, v=other_words)
        if other is kept:
            return self._alternatives(text, (*edges, Edge(X, kept.predicate, Y)), Branch(filters=(condition,)), Branch(filters=(other_condition,)))
        second = Branch((Edge(X, other.predicate, Z),), (replace(other_condition, variable=Z),))
        return self._alternatives(text, edges, Branch((Edge(X, kept.predicate, Y),), (condition,)), second)

    def _alternatives(self, text: str, edges: tuple[Edge, ...], *branches: Branch) -> Example:
        """Return a question for what fits one of several patterns, or for how many do, each counted once."""
        columns = (Item(X),)
        if text.startswith("which ") and self.rng.random() < 0.2:
            text, columns = f"how many {text.removeprefix('which ')}", (Item(X, Aggregate.COUNT_DISTINCT),)
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
        return Example(self._cased(text), Query(edges, columns=(Item(X), Item(Y)), optionals=(Edge(X, predicate, Y),)))

    def _counted_from_none(self) -> Example | None:
        """How many each has, those included that have none."""
        relation, predicate, _ = self._edge()
        onward = self.rng.random() < 0.4
        kind, counted = (relation.source, relation.target) if onward else (relation.target, relation.source)
        if not self.world.typed or kind == counted:
            return None
        counted = self.rng.choice((counted, self._noun(relation))) if onward else counted
        text = self.rng.choice(_FROM_NONE).format(c=plural_of(kind), one=kind, p=plural_of(counted))
        edge = Edge(X, predicate, Y) if onward else Edge(Y, predicate, X)
        members = Edge(X, RDF_TYPE, self.world.class_of(kind))
        return Example(self._cased(text), Query((members,), columns=(Item(X), Item(Y, Aggregate.COUNT)), optionals=(edge,)))

    def _without(self) -> Example | None:
        if not self.world.typed:
            return None
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.3:
            text = self.rng.choice(("which {t} have no {c}", "{t} without {c}", "{t} that have no {c}", "for which {t} are there no {c}"))
            shown = text.format(t=plural_of(relation.target), c=plural_of(relation.source))
            members = Edge(X, RDF_TYPE, self.world.class_of(relation.target))
            return Example(self._cased(shown), Query((members,), negations=((Edge(Y, predicate, X),),), columns=(Item(X),)))
        members = Edge(X, RDF_TYPE, self.world.class_of(relation.source))
        kinds = plural_of(relation.source)
        if self.rng.random() < 0.5:
            text = self.rng.choice(("which {c} have no {p}", "{c} without a {p}", "{c} that have no {p}")).format(c=kinds, p=self._noun(relation))
            group = (Edge(X, predicate, Y),)
        else:
            text = self.rng.choice(("which {c} do not have the {p} {e}", "{c} whose {p} is not {e}")).format(
                c=kinds, p=self._noun(relation), e=self.world.names[target]
            )
            group = (Edge(X, predicate, target),)
        return Example(self._cased(text), Query((members,), negations=(group,), columns=(Item(X),)))
