"""Questions on invented graphs for members with what they have beside them, for those that have anything or
more than so many, and by their texts.
"""

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import Aggregate, Comparison, Edge, Having, Item, Query
from kbqa.sparql.suggestions.inflection import plural_of
from training.sparql.published import Example
from training.synthetic.delexicalisation import numbered
from training.synthetic.domains import Attribute, Relation, Text
from training.synthetic.words import AGGREGATES, WorldWords, X, Y, Z
from training.synthetic.worlds import XSD, Kept

_WITH_THEIR = (
    "list the {c} with their {p}", "list all {c} and their {p}", "show the {c} and their {p}",
    "{c} and their {p}", "give me each {one} and its {p}", "which {c} are there and what is their {p}",
    "what is the {p} of each {one}", "show every {one} together with the {p}", "{p} of all {c}",
    "for each {one}, the {p}", "list the name and {p} of each {one}", "{c} with their {p}",
    "what are the {c} and their {p}",
)  # fmt: skip
_PER_TEXT = (
    "how many {c} are there of each {t}",
    "number of {c} per {t}",
    "how many {c} are there for each {t}",
    "count the {c} of every {t}",
    "for each {t}, how many {c} are there",
    "how many {c} does each {t} have",
    "{c} by {t}, how many",
    "how are the {c} spread over each {t}",
)
_MEAN_PER_TEXT = (
    "what is the {w} {a} of the {c} of each {t}",
    "{w} {a} per {t}",
    "{w} {a} of the {c} for each {t}",
    "for each {t}, the {w} {a}",
    "what is the {w} {a} of each {t}",
    "the {w} {a} of every {t}",
    "{w} {a} of {c} by {t}",
    "how high is the {w} {a} for each {t}",
)
_EXACTLY = (Comparison.EQUAL, ("exactly {n} {p}", "only {n} {p}", "just {n} {p}"))
_ONE_OR_MORE = ((Comparison.GREATER, ("more than {n} {p}", "over {n} {p}", "several {p}")), _EXACTLY)
_SO_MANY = (
    (Comparison.GREATER, ("more than {n} {p}", "over {n} {p}")),
    (Comparison.AT_LEAST, ("at least {n} {p}", "{n} or more {p}")),
    _EXACTLY,
)
_NUMBERS = {1: ("one", "1"), 2: ("two", "2"), 3: ("three", "3")}


class ListQuestions(WorldWords):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def _listed(self) -> Example | None:
        """Members of a class or a group, each with what it has of something."""
        if self.rng.random() < 0.5:
            relation, predicate, _ = self._edge()
            kind, what = (
                relation.source,
                self.rng.choice((self._noun(relation), numbered(self._noun(relation), plural=True))),
            )
        else:
            everything: list[Kept[Attribute] | Kept[Text]] = [*self.world.attributes, *self.world.texts]
            kept = self.rng.choice(everything)
            kind, what, predicate = (
                kept.what.source,
                self.rng.choice((kept.name, *kept.what.names)),
                kept.predicate,
            )
        group = self._group(kind)
        if not group.edges or any(edge.predicate == predicate for edge in group.edges):
            return None
        wordings = [each for each in _WITH_THEIR if group.singular or "{one}" not in each]
        text = self.rng.choice(wordings).format(c=group.plural, one=group.singular, p=what)
        return Example(
            self._cased(text), Query((*group.edges, Edge(X, predicate, Y)), columns=(Item(X), Item(Y)))
        )

    def _having_some(self) -> Example | None:
        """Members of a class or a group that have a relation to anything, whatever it is."""
        relation, predicate, _ = self._edge()
        group = self._group(relation.source)
        if not group.edges or any(edge.predicate == predicate for edge in group.edges):
            return None
        noun, several = self._noun(relation), numbered(self._noun(relation), plural=True)
        one = f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
        clauses = [
            f"have {one}",
            f"have any {several}",
            f"have {several}",
            f"have a known {noun}",
            f"have some {noun}",
            f"have {one} at all",
        ]
        clauses += self._said_of_any(relation) * 2
        clause = self.rng.choice(clauses)
        wordings = [
            "which {c} {v}",
            "list the {c} that {v}",
            "{c} that {v}",
            "show all {c} that {v}",
            "how many {c} {v}",
        ]
        text = self.rng.choice(wordings[:1] * 3 + wordings[1:]).format(c=group.plural, v=clause)
        columns = (Item(X, Aggregate.COUNT_DISTINCT),) if text.startswith("how many") else (Item(X),)
        return Example(self._cased(text), Query((*group.edges, Edge(X, predicate, Y)), columns=columns))

    def _said_of_any(self, relation: Relation) -> list[str]:
        """Return clauses that say a relation of something without its object: were published by {e} → were
        published, have been published.
        """
        asked, found = f"which {plural_of(relation.source)} ", []
        for wording in relation.backward:
            said = wording.removeprefix(asked).removesuffix(" by {e}")
            if wording.startswith((asked + "are ", asked + "were ")) and wording.endswith(" by {e}"):
                rest = said.partition(" ")[2]
                found += [
                    said,
                    f"have been {rest}",
                    f"were ever {rest}",
                    f"{said} by someone",
                    f"have already been {rest}",
                ]
        return found

    def _more_than(self) -> Example | None:
        """Members of a class or a group with more than so many of something, or just so many."""
        relation, predicate, _ = self._edge()
        group = self._group(relation.source)
        if not group.edges or any(edge.predicate == predicate for edge in group.edges):
            return None
        number = self.rng.choice((1, 1, 2, 3))
        several = numbered(
            self.rng.choice((self._noun(relation), relation.target)),
            plural=number > 1 or self.rng.random() < 0.5,
        )
        comparison, words = self.rng.choice(_SO_MANY if number > 1 else _ONE_OR_MORE)
        said = self.rng.choice(words).format(n=self.rng.choice(_NUMBERS[number]), p=several)
        text = self.rng.choice(
            ("which {c} have {s}", "{c} with {s}", "list the {c} that have {s}", "the {c} that have {s}")
        ).format(c=group.plural, s=said)
        having = Having(
            Item(Y, Aggregate.COUNT), comparison, Literal(str(number), datatype=NamedNode(f"{XSD}integer"))
        )
        return Example(
            self._cased(text), Query((*group.edges, Edge(X, predicate, Y)), columns=(Item(X),), having=having)
        )

    def _by_text(self) -> Example | None:
        """For each text that members of a class have, how many have it, or the mean of what they have; or the
        text with the most.
        """
        kept = self.rng.choice(
            [each for each in self.world.texts if each.what.values and each.values] or [None]
        )
        if kept is None or not self.world.typed:
            return None
        nouns = [each for each in (kept.name, *kept.what.names) if not each.endswith((" of", " to", "eats"))]
        kind, name = kept.what.source, self.rng.choice(nouns or kept.what.names)
        edges, parts = (*self._typed(kind), Edge(X, kept.predicate, Y)), {"c": plural_of(kind), "t": name}
        numbers = [
            each for each in self.world.attributes if each.what.source == kind and each.datatype != "date"
        ]
        if numbers and self.rng.random() < 0.5:
            number = self.rng.choice(numbers)
            word, aggregate = self.rng.choice(AGGREGATES)
            text = self.rng.choice(_MEAN_PER_TEXT).format(
                w=word, a=self.rng.choice(number.what.names), **parts
            )
            return Example(
                self._cased(text),
                Query((*edges, Edge(X, number.predicate, Z)), columns=(Item(Y), Item(Z, aggregate))),
            )
        if self.rng.random() < 0.3:
            most = self.rng.random() < 0.7
            text = self.rng.choice(
                (
                    "which {t} do {m} {c} have",
                    "what is the {t} of {m} {c}",
                    "the {t} that {m} {c} have",
                    "which {t} has the {m} {c}",
                )
            )
            shown = text.format(m="most" if most else "fewest", **parts)
            query = Query(edges, columns=(Item(Y),), order=Item(X, Aggregate.COUNT), descending=most, limit=1)
            return Example(self._cased(shown), query)
        text = self.rng.choice(_PER_TEXT).format(**parts)
        return Example(self._cased(text), Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))
