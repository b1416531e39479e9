"""What people call things, in a question: the words of a database's glossary in place of its own."""

from dataclasses import replace

from kbqa.linking.mentions import MentionFeatures
from kbqa.linking.words import Span, Word, fold, words_of
from kbqa.plurals import as_plural, as_singular, is_plural
from kbqa.questions.glossary import span_of
from kbqa.sql.glossary import Glossary, NamedPlace, NamedValue
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ValuePointer
from kbqa.sql.schema import readable


def reworded(question: str, glossary: Glossary) -> str:
    """A question in which tables and columns are called as the database calls them."""
    for place in glossary.places:
        span = span_of(place.word, words_of(question))
        if span is not None:
            name = _called(place, question[span[0] : span[1]])
            question = f"{question[: span[0]]}{name}{question[span[1] :]}"
    return question


def with_values(linked: LinkedQuestion, question: str, glossary: Glossary) -> LinkedQuestion:
    """A linked question in which words of the glossary mention the values that they stand for."""
    words = words_of(question)
    values = [
        _value(named, span, words)
        for named in glossary.values
        if (span := span_of(named.word, words)) is not None
    ]
    if not values:
        return linked
    hit = {value.key[0] for value in values}
    known = {value.key for value in values}
    tables = {ref.table for ref in hit}
    return replace(
        linked,
        tables=tuple(
            replace(table, features=table.features._replace(has_mentioned_cell=1.0))
            if table.key in tables
            else table
            for table in linked.tables
        ),
        columns=tuple(
            replace(column, features=column.features._replace(has_mentioned_cell=1.0))
            if column.key in hit
            else column
            for column in linked.columns
        ),
        values=(*values, *(value for value in linked.values if value.key not in known)),
    )


def _called(place: NamedPlace, said: str) -> str:
    """The name of a table or column, in the plural where what was said is."""
    name = readable(place.column or place.table)
    return as_plural(name) if is_plural(said) else as_singular(name)


def _value(named: NamedValue, span: Span, words: list[Word]) -> ValuePointer:
    number = len(fold(named.word).split())
    features = MentionFeatures(1.0, 1.0, 1.0, number / 4, 0.0, number / max(1, len(words)))
    context = (readable(named.ref.column), named.word)
    return ValuePointer((named.ref, named.value), named.value, span, features, context)
