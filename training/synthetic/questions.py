"""Questions about invented graphs: what is asked of them in many words, with the query that answers it."""

import random
from collections.abc import Iterator
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Having, Item, Query
from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.inflection import plural_of
from training.sparql.answers import has_answer
from training.sparql.published import Example
from training.synthetic.alternative_questions import AlternativeQuestions
from training.synthetic.domains import PEOPLE, Relation
from training.synthetic.list_questions import ListQuestions
from training.synthetic.member_questions import MemberQuestions
from training.synthetic.path_questions import PathQuestions
from training.synthetic.words import AGGREGATES, WITH_HAVE, X, Y, Z, stands_behind, verb_of
from training.synthetic.worlds import XSD, World

_FOR_EACH = (
    "how many {c} are there for each {t}",
    "number of {c} per {t}",
    "for each {t}, how many {c} are there",
    "how many {c} are there in each {t}",
    "how many {c} does each {t} have",
    "number of {c} in each {t}",
    "count the {c} of every {t}",
    "{c} per {t}, how many",
)
_OF_EACH = (
    "how many {p} does each {c} have",
    "number of {p} per {c}",
    "for each {c}, how many {p}",
    "number of {p} of each {c}",
    "count the {p} of every {c}",
)


def questions_about(world: World, number: int) -> Iterator[Example]:
    """Yield about `number` questions on a world, each kind in its turn."""
    asked, store = _Questions(world), OxigraphStore(world.store, "")
    for turn in range(number):
        example = asked.makers[turn % len(asked.makers)]()
        if example is not None and (example.query is None or has_answer(example.query, store)):
            yield example


class _Questions(PathQuestions, AlternativeQuestions, ListQuestions, MemberQuestions):
    """Makes one question of a kind at a time; None where the world has no place for it."""

    def __init__(self, world: World) -> None:
        super().__init__(world, random.Random(world.base))
        self.makers = (
            self._chain,
            self._lookup,
            self._chain,
            self._one,
            self._superlative,
            self._chain,
            self._compare,
            self._lookup,
            self._one,
            self._two,
            self._chain,
            self._with_text,
            self._count,
            self._superlative,
            self._lookup,
            self._compare,
            self._ask,
            self._each,
            self._both,
            self._most,
            self._chain,
            self._without,
            self._aggregate,
            self._of_group,
            self._either,
            self._of_group,
            self._ask,
            self._chain,
            self._both_of,
            self._one,
            self._where_known,
            self._one_way_or_another,
            self._where_known,
            self._chain,
            self._counted_from_none,
            self._one_way_or_another,
            self._chain,
            self._over_something,
            self._without,
            self._chain,
            self._unknown,
            self._over_something,
            self._most_of,
            self._of_something,
            self._which,
            self._chain,
            self._flagged,
            self._which,
            self._chain,
            self._superlative,
            self._which,
            self._chain,
            self._flagged,
            self._which,
            self._chain,
            self._each,
            self._chain,
            self._superlative,
            self._lookup,
            self._chain,
            self._listed,
            self._having_some,
            self._with_text,
            self._by_text,
            self._more_than,
            self._compare,
            self._superlative,
            self._aggregate,
            self._listed,
            self._with_text,
            self._which,
            self._by_text,
            self._superlative,
            self._having_some,
            self._lookup,
            self._told_twice,
            self._aggregate,
            self._told_twice,
            self._superlative,
            self._told_twice,
            self._with_text,
            self._told_twice,
            self._aggregate,
            self._each,
            self._told_twice,
            self._each,
        )

    def _count(self) -> Example | None:
        relation, predicate, (_, target) = self._edge()
        if self.rng.random() < 0.25 and self.world.typed:
            kind = self.rng.choice(self.world.classes)
            text = self.rng.choice(("how many {c} are there", "number of {c}", "count the {c}")).format(
                c=plural_of(kind)
            )
            return self._counted(text, (Edge(X, RDF_TYPE, self.world.class_of(kind)),))
        if self.rng.random() < 0.3:
            return self._number_of()
        wordings = [each for each in relation.backward if each.startswith(("which ", "who "))]
        if not wordings:
            return None
        text = self._say(tuple(wordings), target)
        what = (
            f"how many {text[6:]}"
            if text.startswith("which ")
            else f"how many {plural_of(relation.source)} {text[4:]}"
        )
        return self._counted(what, self._described(relation, (Edge(X, predicate, target),)))

    def _number_of(self) -> Example | None:
        """How many subjects a relation's object has, or objects its subject."""
        relation, predicate, (subject, target) = self._edge()
        if self.rng.random() < 0.5:
            text = self.rng.choice(
                ("how many {c} does {e} have", "how many {c} are there for {e}", "number of {c} of {e}")
            )
            shown = text.format(c=plural_of(relation.source), e=self.world.names[target])
            return self._counted(shown, self._described(relation, (Edge(X, predicate, target),)))
        text = self.rng.choice(
            ("how many {p} does {e} have", "number of {p} of {e}", "how many {p} are there for {e}")
        )
        noun = self.rng.choice((self._noun(relation), relation.target))
        return self._counted(
            text.format(p=plural_of(noun), e=self.world.names[subject]), (Edge(subject, predicate, X),)
        )

    def _superlative(self) -> Example | None:
        kept = self.rng.choice(self.world.attributes)
        descending = self.rng.random() < 0.6
        word = self.rng.choice(kept.what.most if descending else kept.what.least)
        group = self._group_or_head(kept.what.source)
        behind = stands_behind(word)
        number = self.rng.choice((1, 1, 1, 3)) if not behind else 1
        if not group.edges:
            return None
        if number > 1:
            wordings = ["what are the three {w} {c}", "the 3 {w} {c}", "top 3 {w} {c}"]
        elif not group.singular:
            wordings = (
                ["which of the {c} {v}"] * 2
                if behind
                else [
                    "which of the {c} is the {w}",
                    "who or what is the {w} of the {c}",
                    "the {w} of the {c}",
                ]
            )
        elif behind:
            wordings = [
                "which {one} is the one {w}",
                "the {one} {w}",
                "which is the {one} {w}",
                "{one} {w}",
                "which {one} {v}",
                "what {one} {v}",
            ]
        else:
            wordings = [
                "what is the {w} {one}",
                "which {one} is the {w}",
                "the {w} {one}",
                "find the {w} {one}",
                "which is the {w} {one}",
            ]
        if kept.what.source in PEOPLE and group.singular == kept.what.source and number == 1:
            wordings += ["who {v}"] if behind else ["who is the {w}", "who is the {w} {one}"]
        text = self.rng.choice(wordings).format(c=group.plural, one=group.singular, w=word, v=verb_of(word))
        edges = (*group.edges, Edge(X, kept.predicate, Y))
        return Example(
            self._cased(text),
            Query(edges, columns=(Item(X),), order=Item(Y), descending=descending, limit=number),
        )

    def _which(self) -> Example | None:
        """Members of a group, or how many they are."""
        kind = self.rng.choice([each.source for each, _, edges in self.world.edges if edges])
        group = self._group(kind, whole=False)
        counts = self.rng.random() < 0.25
        wordings = (
            ["how many {c} are there", "number of {c}", "count the {c}"]
            if counts
            else ["which {c} are there", "list all {c}", "show the {c}", "{c}"]
        )
        if group.clause:
            said = f"{group.head or plural_of(kind)} {group.clause}"
            wordings += [f"how many {said}"] * 3 if counts else [f"which {said}"] * 4
        text = self.rng.choice(wordings).format(c=group.plural)
        return self._counted(text, group.edges) if counts else self._example(text, group.edges)

    def _flagged(self) -> Example | None:
        """Members of a class of which something is so, or is not, or whether it is so of one."""
        kept = self.rng.choice([each for each in self.world.flags if each.values] or [None])
        if kept is None:
            return None
        if self.rng.random() < 0.4:
            node = self.rng.choice(list(kept.values))
            return Example(
                self._cased(self._say(kept.what.asked, node)),
                Query((Edge(node, kept.predicate, Literal(True)),)),
            )
        group = self._group(kept.what.source)
        true = self.rng.random() < 0.65
        clause = self.rng.choice(kept.what.when if true else kept.what.unless)
        wordings = ["which {c} {v}", "list the {c} that {v}", "{c} that {v}", "how many {c} {v}"]
        wordings += (
            ["who {v}"]
            if kept.what.source in PEOPLE
            and group.plural == plural_of(kept.what.source)
            and clause.startswith(("can ", "cannot "))
            else []
        )
        text = self.rng.choice(wordings).format(c=group.plural, v=clause)
        columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
        return Example(
            self._cased(text), Query((*group.edges, Edge(X, kept.predicate, Literal(true))), columns=columns)
        )

    def _compare(self) -> Example | None:
        kept = self.rng.choice(self.world.attributes)
        group = self._group(kept.what.source)
        kinds, edges = group.plural, group.edges
        words, condition = self._condition(kept)
        text = self._conditions(kinds, words)
        if (
            kept.what.source in PEOPLE
            and kinds == plural_of(kept.what.source)
            and not words.startswith(WITH_HAVE)
        ):
            text = (
                f"who {'was' if words.startswith('born') else 'is'} {words}"
                if self.rng.random() < 0.4
                else text
            )
        columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
        return (
            Example(
                self._cased(text), Query((*edges, Edge(X, kept.predicate, Y)), (condition,), columns=columns)
            )
            if edges
            else None
        )

    def _ask(self) -> Example | None:
        relation, predicate, (subject, target) = self._edge()
        head = self._head(relation.source) if self.rng.random() < 0.25 else None
        if head is not None and any(
            self.world.store.quads_for_pattern(subject, head.edges[0].predicate, None)
        ):
            said = head.clause.removeprefix("are ")
            kind = (
                f"{'an' if head.singular[:1].lower() in 'aeiou' else 'a'} {head.singular}"
                if head.singular
                else said
            )
            text = self.rng.choice((kind, said) if said != head.plural else (kind,))
            return Example(
                self._cased(f"is {self._called(subject)} {text}"),
                Query((replace(head.edges[0], subject=subject),)),
            )
        answer = target if self.rng.random() < 0.5 else self.rng.choice(self.world.objects[relation.target])
        verbs = [
            each for wording in relation.backward if (each := _yes_no(wording, plural_of(relation.source)))
        ]
        if verbs and self.rng.random() < 0.6:
            shown = self.rng.choice(verbs).format(s=self._called(subject), e=self._called(answer))
        else:
            text = self.rng.choice(
                (
                    "is {f} the {p} of {e}",
                    "is {e}'s {p} {f}",
                    "does {e} have the {p} {f}",
                    "is the {p} of {e} {f}",
                )
            )
            shown = text.format(
                f=self.world.names[answer], e=self.world.names[subject], p=self._noun(relation)
            )
        return Example(self._cased(shown), Query((Edge(subject, predicate, answer),)))

    def _most_of(self) -> Example | None:
        """The member with the highest or lowest of an attribute, by its name."""
        kept = self.rng.choice(self.world.attributes)
        group = self._group(kept.what.source)
        if not group.edges:
            return None
        descending, name = self.rng.random() < 0.6, self.rng.choice((kept.name, *kept.what.names))
        dated = kept.datatype == "date" or "year" in name
        much, little = (
            (("latest",), ("earliest",))
            if dated
            else (("highest", "largest", "greatest", "most"), ("lowest", "smallest", "least"))
        )
        word = self.rng.choice(much if descending else little)
        wordings = [
            "which of the {c} has the {w} {a}",
            "the one of the {c} with the {w} {a}",
            "who or what of the {c} has the {w} {a}",
        ]
        if group.singular:
            wordings[1:] = [
                "which {one} has the {w} {a}",
                "the {one} with the {w} {a}",
                "{one} with {w} {a}",
                "what {one} has the {w} {a}",
            ]
            wordings += (
                ["who has the {w} {a}"]
                if kept.what.source in PEOPLE and group.singular == kept.what.source
                else []
            )
        text = self.rng.choice(wordings).format(c=group.plural, one=group.singular, w=word, a=name)
        query = Query(
            (*group.edges, Edge(X, kept.predicate, Y)),
            columns=(Item(X),),
            order=Item(Y),
            descending=descending,
            limit=1,
        )
        return Example(self._cased(text), query)

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
        if first_text.startswith(f"which {plural_of(relation.source)} ") and second_text.startswith(
            f"which {plural_of(relation.source)} "
        ):
            text = f"{first_text} and {second_text.removeprefix(f'which {plural_of(relation.source)} ')}"
        else:
            pairs = f"{self._noun(relation)} {self.world.names[target]} and {self._noun(second)} {self.world.names[other]}"
            text = f"which {plural_of(relation.source)} have {pairs}"
        return self._example(text, (Edge(X, predicate, target), Edge(X, name, other)))

    def _both_of(self) -> Example | None:
        """What has one relation to two things at once."""
        relation, predicate, (subject, target) = self._edge()
        found = next(edges for _, name, edges in self.world.edges if name == predicate)
        others = [each for each in (edge[1] for edge in found if edge[0] == subject) if each != target]
        if not others:
            return None
        other, plural = self.rng.choice(others), plural_of(relation.source)
        pair = self.rng.choice(
            ("both {} and {}", "both {} and {}", "{} and {}", "{} as well as {}", "{} and also {}")
        )
        wordings = (
            *relation.backward,
            f"which {plural} have the {self._noun(relation)} {{e}}",
            f"{plural} with {self._noun(relation)} {{e}}",
        )
        text = self.rng.choice(wordings).format(
            e=pair.format(self.world.names[target], self.world.names[other])
        )
        return self._example(
            text, self._described(relation, (Edge(X, predicate, target), Edge(X, predicate, other)))
        )

    def _most(self) -> Example | None:
        if not self.world.typed:
            return None
        relation, predicate, _ = self._edge()
        descending = self.rng.random() < 0.8
        if self.rng.random() < 0.4:
            text = self.rng.choice(
                ("which {c} has the {m} {p}", "{c} with the {m} {p}", "the {c} that has the {m} {p}")
            )
            noun = plural_of(self.rng.choice((self._noun(relation), relation.target)))
            shown = text.format(c=relation.source, m="most" if descending else "fewest", p=noun)
            order = Item(Y, Aggregate.COUNT)
            edges = self._started(relation, predicate)
            return Example(
                self._cased(shown),
                Query(edges, columns=(Item(X),), order=order, descending=descending, limit=1),
            )
        text = self.rng.choice(
            (
                "which {t} has the {m} {c}",
                "{t} with the {m} {c}",
                "what {t} has the {m} {c}",
                "which {t} has {m} {c}",
            )
        )
        shown = text.format(
            t=relation.target, m="most" if descending else "fewest", c=plural_of(relation.source)
        )
        counted = Item(X, Aggregate.COUNT)
        if self.rng.random() < 0.25:
            number = Literal("2", datatype=NamedNode(f"{XSD}integer"))
            shown = self.rng.choice(("which {t} have more than 2 {c}", "{t} with more than two {c}")).format(
                t=plural_of(relation.target), c=plural_of(relation.source)
            )
            return Example(
                self._cased(shown),
                Query(
                    self._started(relation, predicate),
                    columns=(Item(Y),),
                    having=Having(counted, Comparison.GREATER, number),
                ),
            )
        return Example(
            self._cased(shown),
            Query(
                self._started(relation, predicate),
                columns=(Item(Y),),
                order=counted,
                descending=descending,
                limit=1,
            ),
        )

    def _aggregate(self) -> Example | None:
        kept = self.rng.choice([each for each in self.world.attributes if each.datatype != "date"] or [None])
        if kept is None:
            return None
        group = self._group_or_head(kept.what.source)
        if not group.edges:
            return None
        word, aggregate = self.rng.choice(AGGREGATES)
        wordings = [
            "what is the {w} {p} of the {c}",
            "{w} {p} of all {c}",
            "{w} {p} of {c}",
            "the {w} {p} of {c}",
        ]
        wordings += {
            Aggregate.SUM: [
                "the sum of the {p} of the {c}",
                "what {p} do the {c} have in total",
                "{p} of the {c} in total",
                "{p} of all {c} together",
            ],
            Aggregate.AVG: ["what {p} do the {c} have on average", "{p} of the {c} on average"],
        }.get(aggregate, [])
        text = self.rng.choice(wordings).format(w=word, p=self.rng.choice(kept.what.names), c=group.plural)
        return Example(
            self._cased(text),
            Query((*group.edges, Edge(X, kept.predicate, Y)), columns=(Item(Y, aggregate),)),
        )

    def _each(self) -> Example | None:
        """For each object of a relation, how many subjects it has, or the mean of what they have."""
        relation, predicate, _ = self._edge()
        if relation.source == relation.target:
            return None
        kept = [
            each
            for each in self.world.attributes
            if each.what.source == relation.source and each.datatype != "date"
        ]
        edges, parts = (
            self._started(relation, predicate),
            {"c": plural_of(relation.source), "t": relation.target, "p": self._noun(relation)},
        )
        if not kept or self.rng.random() < 0.5:
            if self.rng.random() < 0.3:
                return self._each_of_subjects(relation, predicate)
            text = self.rng.choice(_FOR_EACH).format(**parts)
            return Example(self._cased(text), Query(edges, columns=(Item(Y), Item(X, Aggregate.COUNT))))
        chosen = self.rng.choice(kept)
        word, aggregate = self.rng.choice(AGGREGATES)
        parts |= {"w": word, "a": self.rng.choice(chosen.what.names)}
        edges = (*edges, Edge(X, chosen.predicate, Z))
        if self.rng.random() < 0.5:
            wordings = [
                "{w} {a} of {c} per {t}",
                "what is the {w} {a} of the {c} for each {t}",
                "for each {p}, the {w} {a} of its {c}",
                "the {w} {a} of the {c} in each {t}",
                "{w} {a} of the {c} of every {t}",
            ]
            if not any(
                each.what.source == relation.target and set(each.what.names) & set(chosen.what.names)
                for each in self.world.attributes
            ):
                wordings += [
                    "what is the {w} {a} of each {t}",
                    "{w} {a} per {t}",
                    "the {w} {a} in each {t}",
                    "what is the {w} {a} for each {t}",
                ]
            text = self.rng.choice(wordings)
            return Example(
                self._cased(text.format(**parts)), Query(edges, columns=(Item(Y), Item(Z, aggregate)))
            )
        descending = self.rng.random() < 0.7
        text = self.rng.choice(
            (
                "which {t} has the {m} {w} {a} of its {c}",
                "the {t} whose {c} have the {m} {w} {a}",
                "{t} with the {m} {w} {a} of {c}",
            )
        )
        shown = text.format(m="highest" if descending else "lowest", **parts)
        return Example(
            self._cased(shown),
            Query(edges, columns=(Item(Y),), order=Item(Z, aggregate), descending=descending, limit=1),
        )

    def _each_of_subjects(self, relation: Relation, predicate: NamedNode) -> Example:
        """For each subject of a relation, how many objects it has."""
        noun = plural_of(self.rng.choice((self._noun(relation), relation.target)))
        text = self.rng.choice(_OF_EACH).format(p=noun, c=relation.source)
        return Example(
            self._cased(text),
            Query(self._started(relation, predicate), columns=(Item(X), Item(Y, Aggregate.COUNT))),
        )

    def _with_text(self) -> Example | None:
        """Members that have a text."""
        kept = self.rng.choice(self.world.texts) if self.world.texts else None
        if kept is None or not kept.values or not self.world.typed:
            return None
        value = self.rng.choice(list(kept.values.values()))
        edges = (Edge(X, RDF_TYPE, self.world.class_of(kept.what.source)), Edge(X, kept.predicate, value))
        parts = {
            "c": plural_of(kept.what.source),
            "a": self.rng.choice((kept.name, *kept.what.names)),
            "v": value.value,
        }
        wordings: tuple[str, ...] = (
            "which {c} have the {a} {v}",
            "{c} whose {a} is {v}",
            "{c} with {a} {v}",
            "how many {c} have the {a} {v}",
            "how many {c} are {v}",
        )
        if kept.what.nouns and self.rng.random() < 0.5:
            parts["v"] = plural_of(value.value)
            wordings = (
                "which {c} are {v}",
                "how many {v} are there",
                "list all {v}",
                "which {v} are there",
                "{v}",
                "show the {v}",
                "how many {c} are {v}",
            )
        elif kept.what.values:
            wordings = (*wordings, "{v} {c}", "which {c} are {v}", "list all {v} {c}")
        else:
            wordings = wordings[:4]
        text = self.rng.choice(wordings).format(**parts)
        columns = (Item(X, Aggregate.COUNT),) if text.startswith("how many") else (Item(X),)
        return Example(self._cased(text), Query(edges, columns=columns))


def _yes_no(wording: str, plural: str) -> str | None:
    """Return what is asked from an object as a question whether it is so of a subject {s}: which trains stop
    at {e} → does {s} stop at {e}.
    """
    for helper in ("did", "does"):
        _, found, rest = wording.partition(f" {helper} {{e}} ")
        if found:
            return f"{helper} {{e}} {rest} {{s}}"
    first, _, rest = wording.removeprefix(f"which {plural} ").partition(" ")
    if wording.startswith(f"which {plural} ") and first not in ("have", "went"):
        return (
            f"{'is' if first == 'are' else 'was'} {{s}} {rest}"
            if first in ("are", "were")
            else f"does {{s}} {first} {rest}"
        )
    if wording.startswith(("who is ", "who was ")):
        return f"{wording.split()[1]} {{s}} {wording.split(' ', 2)[2]}"
    return None
