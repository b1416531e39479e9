"""What of a question a query uses, and how near its properties are to the question's words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyoxigraph import Literal, NamedNode

from kbqa.linking.adjectives import ADJECTIVES
from kbqa.linking.words import Span, fold, stem, words_of
from kbqa.questions.left_over import ASKING, MAX_TOLD, unknown_words, unlike
from kbqa.sparql.grammar import LinkedQuestion
from kbqa.sparql.grammar.actions import EntityPointer, ValuePointer
from kbqa.sparql.query import RDF_TYPE, Average, Edge, Filter, Period, Query, Term, Variable
from kbqa.sparql.schema import RELATIONS
from searchapp.encoders.base import Vectors

NAMING = frozenset(("name", "names", "title", "titles", "label", "called", "named", "titled"))
"""Words of properties that name things, and of questions that ask for what is named so."""
Encode = Callable[[Sequence[str]], Vectors]
"""Unit vectors of texts, float32 [n, d]. Raises EncoderError."""


class Likenesses:
    """The cosines of the texts of one question, each of which is encoded once."""

    def __init__(self, encode: Encode) -> None:
        self._encode, self._vectors = encode, dict[str, Vectors]()

    def know(self, texts: Sequence[str]) -> None:
        """Encode texts that are not known yet, all at once. Raises EncoderError."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors |= zip(new, self._encode(new), strict=True)

    def of(self, text: str, texts: Sequence[str]) -> list[float]:
        """The cosine of a text to each of several."""
        self.know([text, *texts])
        if not texts:
            return []
        cosines = np.stack([self._vectors[each] for each in texts]) @ self._vectors[text]
        return [float(cosine) for cosine in cosines]


@dataclass(frozen=True)
class Usage:
    """A query beside the question that it was read from."""

    query: Query
    question: str
    linked: LinkedQuestion

    @cached_property
    def edges(self) -> list[Edge]:
        """All edges, those of negations and means among them."""
        means = (each.value.edge for each in self.filters if isinstance(each.value, Average))
        return [*self.query.every_edge, *(edge for group in self.query.negations for edge in group), *means]

    @cached_property
    def filters(self) -> list[Filter]:
        """All comparisons."""
        return [*self.query.filters, *(each for branch in self.query.branches for each in branch.filters)]

    @cached_property
    def terms(self) -> set[Term]:
        """The things, classes and values that are named."""
        ends = (end for edge in self.edges for end in (edge.subject, edge.object, *edge.alternatives))
        values = (each.value for each in self.filters)
        return {term for term in (*ends, *values) if isinstance(term, NamedNode | Literal)}

    @cached_property
    def numbers(self) -> set[str]:
        """The numbers and dates that are compared with, or limit the rows, as they are written."""
        values = {term.value for term in self.terms if isinstance(term, Literal)}
        compared = [each.value for each in self.filters]
        values |= {value.value for value in compared if isinstance(value, Period)}
        values |= {str(self.query.limit)} if self.query.limit else set()
        having = self.query.having.value if self.query.having else None
        return values | ({having.value} if isinstance(having, Literal) else set())

    @cached_property
    def relations(self) -> list[str]:
        """What the properties that are followed are called."""
        followed = dict.fromkeys(edge.predicate for edge in self.edges if edge.predicate != RDF_TYPE)
        return list(dict.fromkeys(text for predicate in followed for text in self._texts(predicate)))

    @cached_property
    def classes(self) -> list[str]:
        """What the classes that are asked for are called."""
        profile = self.linked.graph.profile
        of_schema = {known.iri: known.text for known in profile.schema_classes}
        named = (
            end
            for edge in self.edges
            if edge.predicate == RDF_TYPE
            for end in (edge.object, *edge.alternatives)
        )
        texts = profile.texts | of_schema
        return list(dict.fromkeys(texts[iri] for iri in named if isinstance(iri, NamedNode) and iri in texts))

    @property
    def names(self) -> list[str]:
        """What properties and classes are called that are used."""
        return [*self.relations, *self.classes]

    @cached_property
    def kinds(self) -> set[str]:
        """What the properties that are followed lead from and to."""
        known = self.linked.graph.profile.known
        followed = [known[edge.predicate] for edge in self.edges if edge.predicate in known]
        return {kind for each in followed for kind in (*each.domains, *each.ranges)}

    @cached_property
    def chosen(self) -> list[str]:
        """What the properties are called that no mentioned value implies, as a kind does a dragon."""
        compared = {each.variable for each in self.filters if isinstance(each.value, Literal)}
        asked = [
            edge.predicate
            for edge in self.edges
            if edge.predicate != RDF_TYPE
            and not isinstance(edge.object, Literal)
            and not (edge.object in compared and self._is_text(edge.object))
        ]
        return [text for predicate in dict.fromkeys(asked) for text in self._texts(predicate)]

    def _is_text(self, node: object) -> bool:
        """Whether a variable is compared with a text."""
        return any(
            each.variable == node
            and isinstance(each.value, Literal)
            and each.value.datatype.value.endswith("#string")
            for each in self.filters
        )

    @cached_property
    def spans(self) -> list[Span]:
        """Where the question mentions things, values and numbers that are used."""
        linked = self.linked
        used: list[EntityPointer | ValuePointer] = [
            each for each in linked.entities if each.key in self.terms
        ]
        used += [each for each in linked.values if each.key[1] in self.terms]
        classes = (each for each in linked.classes if each.key in self.terms)
        numbers = (each for each in linked.numbers if _is_among(each.key.value, self.numbers))
        return [each.span for each in (*used, *classes, *numbers) if each.span is not None]

    def content(self) -> list[str]:
        """The words of the question that neither only ask nor name a thing that is used."""
        runs = unknown_words(self.question, self.spans, ())
        return [text for run, words in runs.items() for text in dict.fromkeys((run, *words))]

    def unused(self, likenesses: Likenesses) -> tuple[str, ...]:
        """Neighbouring words that the query has nothing of, nor anything like them. Raises EncoderError."""
        runs = unknown_words(self.question, self.spans, self._stems, ASKING)
        if not self.names:
            return tuple(runs)[:MAX_TOLD]
        return unlike(runs, self.names, likenesses.of)

    def support(self, likenesses: Likenesses) -> float:
        """How near the property that the question says least of is to some word of it, from 0 to 1.

        What is asked with no words but names is supported. Raises EncoderError.
        """
        content = self.content()
        if not content or not self.chosen:
            return 1.0
        said = {stem(word.text) for word in words_of(self.question)} | self._measured
        chosen = list(filter(None, map(self._own_words, self.chosen)))
        return min(
            (1.0 if _stems(text) & said else max(0.0, *likenesses.of(text, content)) for text in chosen),
            default=1.0,
        )

    def _own_words(self, relation: str) -> str:
        """What a property is called but for the class that it is of: the id of a climber id."""
        of_classes = {part for text in self.classes for part in _stems(text)}
        words = [word for word in fold(relation).split() if stem(word) not in of_classes]
        return " ".join(words)

    def names_itself(self) -> bool:
        """Whether it asks for nothing but the thing of a name in the question: movies titled Titanic."""
        if NAMING & {word.text for word in words_of(self.question)}:
            return False
        told = [edge for edge in self.query.every_edge if edge.predicate != RDF_TYPE]
        if len(told) != 1 or self.query.negations or not isinstance(told[0].subject, Variable):
            return False
        constants = [told[0].object] if isinstance(told[0].object, Literal) else []
        constants += [each.value for each in self.filters if isinstance(each.value, Literal)]
        last = self._texts(told[0].predicate)
        is_name = any(fold(text).split()[-1:] and fold(text).split()[-1] in NAMING for text in last)
        asked = {item.variable for item in self.query.columns}
        return is_name and len(constants) == 1 and bool(asked) and asked <= {told[0].subject, None}

    def left_out(self) -> int:
        """How many whole names in the question are of things and values, none of which is used."""
        pointers: list[EntityPointer | ValuePointer] = [*self.linked.entities, *self.linked.values]
        mentioned = [each for each in pointers if each.features.exact]
        spans = {each.span for each in mentioned if each.span is not None}
        return sum(
            1 for span in spans if not any(_overlap(span, other) for other in [*self.spans, *self._named])
        )

    def numbers_left_out(self) -> int:
        """How many numbers and dates in the question are not used."""
        spans = {each.span for each in self.linked.numbers if each.span is not None}
        return sum(1 for span in spans if not any(_overlap(span, other) for other in self.spans))

    @cached_property
    def _named(self) -> list[Span]:
        """Where the question has words of properties and classes that are used."""
        return [(word.start, word.end) for word in words_of(self.question) if stem(word.text) in self._stems]

    @cached_property
    def _stems(self) -> set[str]:
        return {part for text in (*self.names, *self.kinds) for part in _stems(text)} | self._adjectives

    @cached_property
    def _adjectives(self) -> set[str]:
        """The stems of the adjectives in the question that are about a property which is used."""
        used = {part for text in self.relations for part in _stems(text)}
        return {
            stem(word.text)
            for word in words_of(self.question)
            if (adjective := ADJECTIVES.get(word.text))
            and any(stem(noun) in used for noun in adjective.nouns)
        }

    @cached_property
    def _measured(self) -> set[str]:
        """The stems of what the adjectives in the question are about."""
        said = (ADJECTIVES.get(word.text) for word in words_of(self.question))
        return {stem(noun) for adjective in said if adjective for noun in adjective.nouns}

    def _texts(self, predicate: NamedNode) -> Iterator[str]:
        relation = RELATIONS.get(predicate)
        if relation is not None:
            yield from filter(None, (relation.forward, relation.backward))
        yield self.linked.graph.profile.every_text.get(predicate, "")


def _stems(text: str) -> set[str]:
    return {stem(word) for word in fold(text).split()}


def _is_among(number: str, used: set[str]) -> bool:
    """Whether a number or date is used as it is, or as the beginning of a date."""
    return any(number == other or (len(number) >= 4 and other.startswith(number)) for other in used)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
