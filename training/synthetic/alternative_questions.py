"""Questions on invented graphs for one thing or another, for what may be missing, and for what must be."""

from dataclasses import replace

from kbqa.sparql.query import RDF_TYPE, Aggregate, Branch, Edge, Item, Query
from kbqa.sparql.suggestions.inflection import plural_of
from training.sparql.published import Example
from training.synthetic.domains import PEOPLE, Attribute, Text
from training.synthetic.words import WorldWords, X, Y, Z
from training.synthetic.worlds import Kept

_WHERE_KNOWN = (
    "list all {c} and their {p}, if known", "all {c} with their {p} where there is one",
    "show the {c} and their {p}, even where it is missing", "{c} and, if they have one, their {p}",
    "list the {c} with their {p}, also those without one", "all {c}, and the {p} of those that have one",
    "{c} and their {p} (if any)", "which {c} are there, and what is their {p} if it is known",
    "show all {c} and optionally their {p}", "give me the {c} including those without {p}, and their {p}",
    "list the {c} and, if known, their {p}", "{c} and {p} if available", "all {c}, with {p} if there is one",
    "show {c} and {p} when they have one", "what are the {c} and, where it is known, their {p}",
    "every one of the {c} together with any {p}", "list {c} with {p}, if any",
)  # fmt: skip
_IF_ASKED = (
    "list the {c} and, if known, {q}",
    "all {c} and {q}, if known",
    "show the {c} and {q}, if that is known",
    "{c}, and {q} where there is one",
)
_FROM_NONE = (
    "how many {p} does each {one} have, including those with none",
    "number of {p} for every {one}, also where there are none",
    "for all {c}, even those without any, the number of {p}",
    "list every {one} and how many {p} it has, zero included",
    "count the {p} of each {one}, those without {p} too",
    "all {c} with their number of {p}, including 0",
)


class AlternativeQuestions(WorldWords):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def _either(self) -> Example | None:
        """What has a relation to one thing or another."""
        relation, predicate, (_, target) = self._edge()
        others = sorted(
            {edge[1] for _, name, found in self.world.edges if name == predicate for edge in found}
            - {target},
            key=str,
        )
        if not others:
            return None
        other, plural = self.rng.choice(others), plural_of(relation.source)
        pair = self.rng.choice(("{} or {}", "{} or {}", "either {} or {}")).format(
            self.world.names[target], self.world.names[other]
        )
        wordings = (
            *relation.backward,
            f"which {plural} have the {self._noun(relation)} {{e}}",
            f"{plural} with {self._noun(relation)} {{e}}",
        )
        edges = self._described(relation, (Edge(X, predicate, target, (other,)),))
        return self._example(self.rng.choice(wordings).format(e=pair), edges)

    def _one_way_or_another(self) -> Example | None:
        """What one relation or another leads to, or what is described in one way or another."""
        return self.rng.choice(
            (
                self._two_roles,
                self._in_two_roles,
                self._two_descriptions,
                self._two_conditions,
                self._two_conditions,
            )
        )()

    def _two_roles(self) -> Example | None:
        """What two relations of one thing lead to."""
        relation, predicate, (subject, _) = self._edge()
        others = [
            (each, name)
            for each, name, found in self.world.edges
            if each.target == relation.target
            and name != predicate
            and any(edge[0] == subject for edge in found)
        ]
        if not others:
            return None
        other, name = self.rng.choice(others)
        wordings = (
            "{p} or {q} of {e}",
            "who or what is the {p} or the {q} of {e}",
            "all that is {p} or {q} of {e}",
            "list {e}'s {p} or {q}",
        )
        text = self.rng.choice(wordings).format(
            p=self._noun(relation), q=self._noun(other), e=self.world.names[subject]
        )
        return self._alternatives(
            text, (), Branch((Edge(subject, predicate, X),)), Branch((Edge(subject, name, X),))
        )

    def _in_two_roles(self) -> Example | None:
        """What has one thing in one role or another: the matches that a team played at home or away."""
        relation, predicate, (_, target) = self._edge()
        others = [
            (each, name)
            for each, name, found in self.world.edges
            if (each.source, each.target) == (relation.source, relation.target)
            and name != predicate
            and any(edge[1] == target for edge in found)
        ]
        if not others:
            return None
        other, name = self.rng.choice(others)
        wordings = (
            "which {c} have {e} as {p} or {q}",
            "{c} with {e} as {p} or as {q}",
            "{c} where {e} is the {p} or the {q}",
            "in which {c} is {e} {p} or {q}",
            "{c} whose {p} or {q} is {e}",
        )
        text = self.rng.choice(wordings).format(
            c=plural_of(relation.source),
            p=self._noun(relation),
            q=self._noun(other),
            e=self.world.names[target],
        )
        return self._alternatives(
            text, (), Branch((Edge(X, predicate, target),)), Branch((Edge(X, name, target),))
        )

    def _two_descriptions(self) -> Example | None:
        """What has one relation to one thing, or another to another."""
        relation, predicate, (_, target) = self._edge()
        others = [
            (each, name, edges)
            for each, name, edges in self.world.edges
            if each.source == relation.source and name != predicate and edges
        ]
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
        return self._alternatives(
            text, (), Branch((Edge(X, predicate, target),)), Branch((Edge(X, name, other),))
        )

    def _two_conditions(self) -> Example | None:
        """Members of a class with one attribute so, or another (or the same one) so."""
        kept = self.rng.choice(self.world.attributes)
        same = self.rng.random() < 0.5
        other = (
            kept
            if same
            else self.rng.choice(
                [each for each in self.world.attributes if each.what.source == kept.what.source]
            )
        )
        if not self.world.typed:
            return None
        (words, condition), (other_words, other_condition) = self._condition(kept), self._condition(other)
        if other is kept and condition.comparison == other_condition.comparison:
            return None
        group = self._group(kept.what.source)
        kinds, edges = group.plural, group.edges
        if not edges:
            return None
        text = self._conditions(kinds, words, other_words)
        if other is kept:
            return self._alternatives(
                text,
                (*edges, Edge(X, kept.predicate, Y)),
                Branch(filters=(condition,)),
                Branch(filters=(other_condition,)),
            )
        second = Branch((Edge(X, other.predicate, Z),), (replace(other_condition, variable=Z),))
        return self._alternatives(text, edges, Branch((Edge(X, kept.predicate, Y),), (condition,)), second)

    def _alternatives(self, text: str, edges: tuple[Edge, ...], *branches: Branch) -> Example:
        """Return a question for what fits one of several patterns, or for how many do, each counted once."""
        columns = (Item(X),)
        if text.startswith("which ") and self.rng.random() < 0.2:
            text = f"how many {text.removeprefix('which ')}"
        if text.startswith("how many "):
            columns = (Item(X, Aggregate.COUNT_DISTINCT),)
        return Example(self._cased(text), Query(edges, columns=columns, branches=branches))

    def _where_known(self) -> Example | None:
        """All members of a class, or of a group, each with what it has of something, if it has it."""
        if not self.world.typed:
            return None
        if self.rng.random() < 0.5:
            relation, predicate, _ = self._edge()
            kind, what = relation.source, self._noun(relation)
            asked = [_of_them(each) for each in relation.forward]
        else:
            everything: list[Kept[Attribute] | Kept[Text]] = [*self.world.attributes, *self.world.texts]
            kept = self.rng.choice(everything)
            kind, what, predicate = (
                kept.what.source,
                self.rng.choice((kept.name, *kept.what.names)),
                kept.predicate,
            )
            asked = []
        group = self._group(kind)
        kinds, edges = group.plural, group.edges
        if not edges or any(edge.predicate == predicate for edge in edges):
            return None
        text = self.rng.choice(_WHERE_KNOWN).format(c=kinds, p=what)
        if asked and self.rng.random() < 0.3:
            text = self.rng.choice(_IF_ASKED).format(c=kinds, q=self.rng.choice(asked))
        return Example(
            self._cased(text), Query(edges, columns=(Item(X), Item(Y)), optionals=(Edge(X, predicate, Y),))
        )

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
        return Example(
            self._cased(text),
            Query((members,), columns=(Item(X), Item(Y, Aggregate.COUNT)), optionals=(edge,)),
        )

    def _without(self) -> Example | None:
        """Members of a class without a relation, to anything or to one thing."""
        if not self.world.typed:
            return None
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.4:
            members = Edge(X, RDF_TYPE, self.world.class_of(relation.target))
            text = self.rng.choice(
                self._said_without(relation.target, relation.source, relation.source, relation.forward)
            )
            return Example(
                self._cased(text),
                Query((members,), negations=((Edge(Y, predicate, X),),), columns=(Item(X),)),
            )
        members, noun = Edge(X, RDF_TYPE, self.world.class_of(relation.source)), self._noun(relation)
        if self.rng.random() < 0.5:
            text = self.rng.choice(
                self._said_without(relation.source, noun, relation.target, relation.backward)
            )
            told = self._group(relation.source)
            kinds, edges = told.plural, told.edges
            if (
                len(edges) == 1
                and edges[0].predicate not in (predicate, RDF_TYPE)
                and self.rng.random() < 0.5
            ):
                text = self.rng.choice(
                    (
                        f"{kinds} without {noun}",
                        f"which of the {kinds} have no {noun}",
                        f"the {kinds} that lack a {noun}",
                    )
                )
                members = edges[0]
            group = (Edge(X, predicate, Y),)
        else:
            plural, name = plural_of(relation.source), self.world.names[target]
            wordings = [
                f"which {plural} do not have the {noun} {name}",
                f"{plural} whose {noun} is not {name}",
                f"{plural} without {noun} {name}",
            ]
            wordings += [
                each.format(e=name) for wording in relation.backward if (each := _denied(wording, plural))
            ] * 2
            text, group = self.rng.choice(wordings), (Edge(X, predicate, target),)
        return Example(self._cased(text), Query((members,), negations=(group,), columns=(Item(X),)))

    def _said_without(
        self, kind: str, missing: str, kind_of_missing: str, wordings: tuple[str, ...]
    ) -> list[str]:
        """Return wordings for members of a class that lack something; those of a relation are said of no
        member of what is missing.
        """
        plural, several = plural_of(kind), plural_of(missing)
        shown, none = (
            self.rng.choice((several, f"a {missing}", f"any {several}")),
            self.rng.choice((missing, several)),
        )
        said = [
            f"which {plural} have no {none}",
            f"{plural} without {shown}",
            f"{plural} that have no {none}",
            f"which {plural} do not have {shown}",
            f"{plural} with no {none}",
            f"{plural} with zero {several}",
            f"for which {plural} are there no {several}",
            f"{plural} that lack {shown}",
        ]
        ending = [
            each.removesuffix(" {e}")
            for each in wordings
            if each.endswith(" {e}") and each.startswith((f"which {plural} ", "who "))
        ]
        nothing = self.rng.choice((f"no {kind_of_missing}", f"no {plural_of(kind_of_missing)}", "nothing"))
        return (
            said
            + [f"{each} {nothing}" for each in ending if not each.startswith("who ") or kind in PEOPLE] * 2
        )


def _of_them(wording: str) -> str:
    """Return what is asked from a subject, asked of several named before: where was {e} born → where were
    they born.
    """
    for alone, together in (("was", "were"), ("is", "are"), ("did", "did"), ("does", "do")):
        wording = wording.replace(f"{alone} {{e}}", f"{together} they")
    return wording.format(e="them")


def _denied(wording: str, plural: str) -> str | None:
    """Return what is asked from an object, denied: which trains stop at {e} → which trains do not stop at
    {e}.
    """
    asked = f"which {plural} "
    first, _, rest = wording.removeprefix(asked).partition(" ")
    if not wording.startswith(asked) or first in ("does", "did", "went", "took", "belonged"):
        return None
    return f"{asked}{first} not {rest}" if first in ("are", "were") else f"{asked}do not {first} {rest}"
