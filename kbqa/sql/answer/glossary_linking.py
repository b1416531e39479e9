"""What people call things, in a question: the words of a database's glossary beside its own names."""

from dataclasses import replace

from kbqa.linking.mentions import MentionFeatures
from kbqa.linking.words import Span, Word, fold, stem, words_of
from kbqa.sql.glossary import Glossary, NamedPlace, NamedValue
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import ColumnPointer, TablePointer, ValuePointer
from kbqa.sql.schema import readable


def with_glossary(linked: LinkedQuestion, question: str, glossary: Glossary) -> LinkedQuestion:
    """A linked question in which words of the glossary mention what they stand for."""
    words = words_of(question)
    places = {
        (place.table, place.column): (span, place)
        for place in glossary.places
        if (span := _span(place.word, words)) is not None
    }
    values = [
        _value(named, span, words)
        for named in glossary.values
        if (span := _span(named.word, words)) is not None
    ]
    if not places and not values:
        return linked
    hit = {value.key[0] for value in values}
    known = {value.key for value in values}
    return replace(
        linked,
        tables=tuple(
            _table(table, places.get((table.key, "")), has_cell=any(ref.table == table.key for ref in hit))
            for table in linked.tables
        ),
        columns=tuple(
            _column(column, places.get((column.key.table, column.key.column)), has_cell=column.key in hit)
            for column in linked.columns
        ),
        values=(*values, *(value for value in linked.values if value.key not in known)),
    )


def _span(phrase: str, words: list[Word]) -> Span | None:
    """The span of a question in which a word or phrase stands, whatever its endings."""
    wanted = [stem(word) for word in fold(phrase).split()]
    stems = [stem(word.text) for word in words]
    return next(
        (
            (words[start].start, words[start + len(wanted) - 1].end)
            for start in range(len(words) - len(wanted) + 1)
            if wanted and stems[start : start + len(wanted)] == wanted
        ),
        None,
    )


def _value(named: NamedValue, span: Span, words: list[Word]) -> ValuePointer:
    number = len(fold(named.word).split())
    features = MentionFeatures(1.0, 1.0, 1.0, number / 4, 0.0, number / max(1, len(words)))
    context = (readable(named.ref.column), named.word)
    return ValuePointer((named.ref, named.value), named.value, span, features, context)


def _table(table: TablePointer, named: tuple[Span, NamedPlace] | None, *, has_cell: bool) -> TablePointer:
    features = table.features
    if has_cell:
        features = features._replace(has_mentioned_cell=1.0)
    if named is None:
        return replace(table, features=features)
    span, place = named
    features = features._replace(similarity=1.0, exact=1.0)
    return replace(table, features=features, span=span, context=(*table.context, place.word))


def _column(column: ColumnPointer, named: tuple[Span, NamedPlace] | None, *, has_cell: bool) -> ColumnPointer:
    features = column.features
    if has_cell:
        features = features._replace(has_mentioned_cell=1.0)
    if named is None:
        return replace(column, features=features)
    span, place = named
    features = features._replace(similarity=1.0, exact=1.0)
    return replace(column, features=features, span=span, context=(*column.context, place.word))
