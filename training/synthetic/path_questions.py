"""Questions on invented graphs that follow relations: one, a chain of them, or one that the words pass over."""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Edge
from kbqa.sparql.suggestions.inflection import plural_of
from training.sparql.published import Example
from training.synthetic.domains import PEOPLE, Attribute, Relation, Text
from training.synthetic.words import WorldWords, X, Y, Z
from training.synthetic.worlds import Kept

_LONG = 0.2
"""How many chains have three relations rather than two."""


class PathQuestions(WorldWords):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def _one(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        if self.rng.random() < 0.5:
            return self._example(self._say(relation.forward, subject), (Edge(subject, predicate, X),))
        text = self._say(relation.backward, target)
        return self._example(text, self._described(relation, (Edge(X, predicate, target),)))

    def _chain(self) -> Example | None:
        """Where the author of E's sequel was born: a question about a description, in the place of a name,
        that relations make.
        """
        relation, predicate, (subject, target) = self._edge()
        edges, described = [Edge(subject, predicate, X)], self._owned(relation, self.world.names[subject])
        for variable, more in ((Y, self.rng.random() < _LONG), (Z, False)):
            onward = [
                (each, name, edge[1])
                for each, name, found in self.world.edges
                for edge in found
                if edge[0] == target
            ]
            if not onward:
                return None
            relation, predicate, target = self.rng.choice(onward)
            edges.append(Edge(edges[-1].object, predicate, variable))
            if not more:
                break
            described = self._owned(relation, described)
        start = self.rng.choice(("", "what is ", "who or what is "))
        text = self.rng.choice(
            (self.rng.choice(relation.forward).format(e=described), start + self._owned(relation, described))
        )
        return self._example(text, tuple(edges), variable)

    def _two(self) -> Example | None:
        """What else has a relation to what has one to E."""
        relation, predicate, (subject, target) = self._edge()
        others = [
            (each, name)
            for each, name, found in self.world.edges
            if each.source == relation.source
            and name != predicate
            and any(edge[0] == subject for edge in found)
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
        shown = text.format(
            q=self._noun(second), c=relation.source, p=self._noun(relation), e=self.world.names[target]
        )
        return self._example(shown, (Edge(X, predicate, target), Edge(X, name, Y)), Y)

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
        leading = [
            (relation, predicate, each)
            for relation, predicate, found in self.world.edges
            for each in found
            if each[1] in kept.values
        ]
        if leading and self.rng.random() < 0.4:
            relation, predicate, (subject, _) = self.rng.choice(leading)
            described = self.rng.choice(("the {p} of {e}", "{e}'s {p}")).format(
                p=self._noun(relation), e=self.world.names[subject]
            )
            return self._example(
                text.format(a=name, e=described), (Edge(subject, predicate, X), Edge(X, kept.predicate, Y)), Y
            )
        node = self.rng.choice(list(kept.values))
        return self._example(text.format(a=name, e=self.world.names[node]), (Edge(node, kept.predicate, X),))

    def _of_group(self) -> Example | None:
        """What has a relation to members of a class that a relation of their own describes, or what these
        have one to.
        """
        relation, predicate, _ = self._edge()
        onward = self.rng.random() < 0.5
        group = self._group(relation.source if onward else relation.target, whole=False)
        kinds, edges = group.plural, group.edges
        if not edges:
            return None
        described = self.rng.choice(("the {}", "the {}", "{}")).format(kinds)
        wordings = relation.forward if onward else relation.backward
        text = self.rng.choice(wordings).format(e=described)
        return self._example(text, (*edges, Edge(X, predicate, Y) if onward else Edge(Y, predicate, X)), Y)

    def _over_something(self) -> Example | None:
        """Members of a class that what they lead to is said of: creatures in the desert, where habitats have
        a climate.
        """
        first, predicate, found = self.rng.choice(self.world.edges)
        if not found or first.source == first.target:
            return None
        if self.rng.random() < 0.4:
            return self._over_text(first, predicate)
        onward = [
            each
            for each in self.world.edges
            if each[0].source == first.target
            and each[0].target not in (first.source, first.target)
            and each[2]
        ]
        if not onward:
            return None
        second, name, edges = self.rng.choice(onward)
        if len(self._ways(first.source, second.target)) > 1:
            return None
        middle, plural = plural_of(second.source), plural_of(first.source)
        wordings = [
            each.replace(middle, plural, 1)
            for each in second.backward
            if each.startswith((f"which {middle} are ", f"{middle} "))
        ]
        wordings += (
            [f"which {plural} are in {{e}}", f"{plural} in {{e}}", f"{plural} of {{e}}"]
            if second.target not in PEOPLE
            else []
        )
        wordings += [f"{plural} with {self._noun(second)} {{e}}"]
        _, end = self.rng.choice(edges)
        return self._example(self._say(tuple(wordings), end), self._path(first, predicate, name, end))

    def _over_text(self, first: Relation, predicate: NamedNode) -> Example | None:
        kept = self.rng.choice(self.world.texts) if self.world.texts else None
        if kept is None or kept.what.source != first.target or not kept.what.values or not kept.values:
            return None
        value, plural = self.rng.choice(list(kept.values.values())), plural_of(first.source)
        wordings = (
            "{c} with {v} {a}",
            "which {c} have a {v} {a}",
            "{c} whose {a} is {v}",
            "{v} {c}",
            "which {c} are {v}",
            "{c} in {v} {a}",
        )
        text = self.rng.choice(wordings).format(
            c=plural, a=self.rng.choice((kept.name, *kept.what.names)), v=value.value
        )
        if any(
            each.what.source == first.source and set(each.what.values) & set(kept.what.values)
            for each in self.world.texts
        ):
            return None
        return self._example(text, self._path(first, predicate, kept.predicate, value))

    def _path(
        self, first: Relation, predicate: NamedNode, onward: NamedNode, end: NamedNode | Literal
    ) -> tuple[Edge, ...]:
        """Return the members of a class that lead over something to an end, as edges of X."""
        edges = (Edge(Y, onward, end), Edge(X, predicate, Y))
        return (*edges, Edge(X, RDF_TYPE, self.world.class_of(first.source))) if self.world.typed else edges

    def _of_something(self) -> Example | None:
        """What is not said of a thing itself but of what it leads to: the climate of a creature is that of
        its habitat.
        """
        first, predicate, (subject, _) = self._edge()
        everything: list[Kept[Attribute] | Kept[Text]] = [*self.world.attributes, *self.world.texts]
        kept = [each for each in everything if each.what.source == first.target and each.values]
        onward = [
            each
            for each in self.world.edges
            if each[0].source == first.target
            and len(self._ways(first.source, each[0].target)) == 1
            and each[2]
        ]
        if (
            first.source == first.target
            or len(self._between(first.source, first.target)) > 1
            or not (kept or onward)
        ):
            return None
        if kept and (not onward or self.rng.random() < 0.5):
            chosen = self.rng.choice(kept)
            name, name_of = chosen.predicate, self.rng.choice((chosen.name, *chosen.what.names))
            if any(
                each.what.source == first.source and set(each.what.names) & set(chosen.what.names)
                for each in everything
            ):
                return None
        else:
            relation, name, _ = self.rng.choice(onward)
            name_of = self.rng.choice((self._noun(relation), relation.target))
        wordings = (
            "what is the {p} of {e}",
            "{p} of {e}",
            "{e}'s {p}",
            "what {p} does {e} have",
            "in which {p} is {e}",
            "which {p} is {e} in",
        )
        text = self.rng.choice(wordings).format(p=name_of, e=self.world.names[subject])
        return self._example(text, (Edge(subject, predicate, X), Edge(X, name, Y)), Y)

    def _unknown(self) -> Example | None:
        """What this world does not know of its members, though others like it do."""
        if not self.world.unknown:
            return None
        what = self.rng.choice(self.world.unknown)
        if what.source not in self.world.members or (
            isinstance(what, Relation) and self._ways(what.source, what.target)
        ):
            return None
        node = self.rng.choice(self.world.members[what.source])
        wordings = what.forward if isinstance(what, Relation) else what.asked
        wordings = (*wordings, f"what is the {what.names[0]} of {{e}}", f"{{e}}'s {what.names[0]}")
        if isinstance(what, Attribute) and self.rng.random() < 0.3:
            wordings = tuple(
                f"which {what.source} is the {each}"
                for each in what.most
                if not each.startswith(("with ", "born "))
            )
        return Example(self._cased(self._say(wordings, node)), None) if wordings else None
