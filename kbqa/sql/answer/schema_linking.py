"""Schema linking: a question → what of a database it may mention: tables, columns, cell values and constants.

Candidates, never a decision: the decoder decides.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from kbqa.linking.calendar import Calendar, current_calendar
from kbqa.linking.measures import parse_measure
from kbqa.linking.mentions import Mention, features_of, find_mentions
from kbqa.linking.words import (
    COMMON,
    Span,
    Word,
    fold,
    parts_of,
    stem,
    words_of,
)
from kbqa.sql.abbreviations import spelled_out
from kbqa.sql.answer.coded_values import meant_values
from kbqa.sql.answer.constants import constants_of, parts_said_in_times
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import (
    ColumnFeatures,
    ColumnPointer,
    TableFeatures,
    TablePointer,
    ValuePointer,
)
from kbqa.sql.names import CellNames, about_text, column_key, definition_text
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table, readable
from kbqa.sql.units import number_beside

MAX_QUESTION = 2_000
MAX_VALUES, MAX_OF_COLUMN, MAX_CODES, MAX_MEANT = 24, 4, 24, 12
_MIN_CELL_SIMILARITY = 0.9
"""How similar a cell is at least for its column and table to count as mentioned by it."""
_CLAUSE = re.compile(r"[.;,:(]")
_MAX_EXCESS = 6
"""By how many characters a mention may be longer than the name."""
_MAX_SHOWN_COLUMNS = 6
_MEASURED = 0.5
"""The least similarity of a column that is measured in a unit that the question names."""


def link_question(
    question: str, schema: Schema, cells: CellNames, calendar: Calendar | None = None
) -> LinkedQuestion:
    """A question's view of a schema, asked now or by another calendar."""
    question = question[:MAX_QUESTION]
    words = words_of(question)
    stems = _stems(question, words)
    named = _named_spans(schema, stems)
    values = [value for value in _values(question, words, schema, cells) if not _is_name(value, named)]
    hit = {
        value.key[0]
        for value in values
        if value.span is not None and value.features.similarity >= _MIN_CELL_SIMILARITY
    }
    tables = tuple(_table(table, stems, {ref.table for ref in hit}) for table in schema.tables)
    exact = [value.span for value in values if value.span is not None and value.features.exact]
    constants = constants_of(question, words, exact, schema, calendar or current_calendar())
    measures = [constant.key for constant in constants if parse_measure(constant.key) is not None]
    columns = tuple(
        _column(table, column, stems, hit, measures) for table in schema.tables for column in table.columns
    )
    parts = parts_said_in_times(question, words, constants)
    return LinkedQuestion(schema, tables, columns, tuple(values), tuple(constants), parts, question)


def _stems(question: str, words: Sequence[Word]) -> dict[str, Word]:
    """Words of a question by their stems, identifiers also by those of their parts, abbreviations in full."""
    stems = {stem(word.text): word for word in words}
    for word in words:
        for part in (word.text, *parts_of(question[word.start : word.end])):
            for text in (part, *spelled_out([part])):
                stems.setdefault(stem(text), word)
    return stems


def _shared(text: str, stems: Mapping[str, Word]) -> tuple[float, Span | None]:
    """Share of a name's words that the question has, and the span from the first of them to the last."""
    folded = fold(text).split()
    if (whole := stems.get(stem("".join(folded)))) is not None:
        return 1.0, (whole.start, whole.end)
    parts = [stem(part) for part in folded]
    shared = [stems[part] for part in parts if part in stems]
    if not shared:
        return 0.0, None
    return len(shared) / len(parts), (min(word.start for word in shared), max(word.end for word in shared))


def is_mention(span: Span | None, text: str) -> bool:
    """Whether the words of a name stand together in a question, not just somewhere."""
    return span is not None and span[1] - span[0] <= len(text) + _MAX_EXCESS


def _named_spans(schema: Schema, stems: Mapping[str, Word]) -> list[Span]:
    """Spans in which a question has the whole name of a table or column."""
    names = {table.name for table in schema.tables} | {ref.column for ref in schema.refs()}
    shared = [(text, *_shared(text, stems)) for text in {readable(name) for name in names}]
    return [span for text, share, span in shared if share == 1 and span and is_mention(span, text)]


def _is_name(value: ValuePointer, named: Sequence[Span]) -> bool:
    """Whether what may be a cell in other words is a table's or column's name.

    `packages` is, where there is a cell `packaging`.
    """
    span = value.span
    if span is None or value.features.exact:
        return False
    return any(start <= span[0] and span[1] <= end for start, end in named)


def _table(table: Table, stems: Mapping[str, Word], hit: set[str]) -> TablePointer:
    text = readable(table.name)
    share, span = _shared(text, stems)
    features = TableFeatures(
        similarity=share, exact=float(share == 1), has_mentioned_cell=float(table.name in hit)
    )
    columns = [readable(column.name) for column in table.columns[:_MAX_SHOWN_COLUMNS]]
    context = (*about_text(table.description), *columns)
    return TablePointer(table.name, text, span, features, context)


def _column(
    table: Table, column: Column, stems: Mapping[str, Word], hit: set[ColumnRef], measures: Sequence[str]
) -> ColumnPointer:
    ref, text = ColumnRef(table.name, column.name), readable(column.name)
    about = about_text(column.description)
    share, span = _similarity(text, about, stems)
    if any(number_beside(measure, column) is not None for measure in measures):
        share = max(share, _MEASURED)
    features = ColumnFeatures(
        similarity=share,
        exact=float(share == 1),
        is_number=float(column.type == ColumnType.NUMBER),
        is_date=float(column.type == ColumnType.DATE),
        is_primary=float(column.primary),
        has_mentioned_cell=float(ref in hit),
    )
    return ColumnPointer(ref, text, span, features, (readable(table.name), *about))


def similarity(name: str, about: Sequence[str], question: str) -> tuple[float, Span | None]:
    """How much of a column's name, or of what is written `about` it, a question has, 0 to 1.

    Beside it, the span of the name in the question, if any of its words stands there.
    """
    return _similarity(name, about, _stems(question, words_of(question)))


def _similarity(name: str, about: Sequence[str], stems: Mapping[str, Word]) -> tuple[float, Span | None]:
    """Share of a column's name, or of its description, that the question has, and the span of the name."""
    share, span = _shared(name, stems)
    return max([share, *(_said(description, stems) for description in about)]), span


def _said(about: str, stems: Mapping[str, Word]) -> float:
    """Share of the words of a description's clause that the question has; of the clause with the largest."""
    folded = (fold(clause).split() for clause in _CLAUSE.split(about))
    clauses = ([word for word in words if word not in COMMON] for words in folded)
    return max((_shared(" ".join(words), stems)[0] for words in clauses if words), default=0.0)


def column_text(column: ColumnPointer) -> str:
    """The definition of a column that a question is linked to."""
    table, *about = column.context
    return definition_text(table, column.text, about)


def _values(question: str, words: Sequence[Word], schema: Schema, cells: CellNames) -> list[ValuePointer]:
    """Cells that the question may mention, and the codes of columns that have few."""
    columns = {column_key(ref): ref for ref in schema.refs()}
    mentions = find_mentions(question, words, cells.names) if cells.names is not None else []
    pointers: dict[tuple[ColumnRef, str], ValuePointer] = {}
    for ref, mention in _of_each_column(mentions, columns):
        pointers[ref, mention.text] = ValuePointer(
            (ref, mention.text),
            mention.text,
            mention.span,
            features_of(mention, len(words)),
            (readable(ref.column),),
        )
        if len(pointers) == MAX_VALUES:
            break
    for meant in islice(meant_values(question, words, schema, cells), MAX_MEANT):
        if (known := pointers.get(meant.key)) is None or not known.features.exact:
            pointers[meant.key] = meant
    pointers = {pointer.key: pointer for pointer in _best_of_each(list(pointers.values()))}
    for ref, code in _codes(cells, columns)[:MAX_CODES]:
        pointers.setdefault(
            (ref, code), ValuePointer((ref, code), code, context=(readable(ref.column), code))
        )
    return list(pointers.values())


def _best_of_each(values: Sequence[ValuePointer]) -> Iterator[ValuePointer]:
    """Values but for those that are like words of the question of which their column has the very value."""
    exact = [
        (value.key[0], value.span) for value in values if value.features.exact and value.span is not None
    ]
    for value in values:
        span = value.span
        alike = [known for ref, known in exact if ref == value.key[0]]
        is_less = span is not None and any(start < span[1] and span[0] < end for start, end in alike)
        if value.features.exact or not is_less:
            yield value


def _of_each_column(
    mentions: Iterable[Mention], columns: Mapping[str, ColumnRef]
) -> Iterator[tuple[ColumnRef, Mention]]:
    """The best mentions of cells of some columns, at most MAX_OF_COLUMN of each."""
    numbers: dict[ColumnRef, int] = {}
    for mention in mentions:
        ref = columns.get(mention.predicate)
        if ref is not None and not _is_common(mention) and numbers.get(ref, 0) < MAX_OF_COLUMN:
            numbers[ref] = numbers.get(ref, 0) + 1
            yield ref, mention


def _codes(cells: CellNames, columns: Collection[str]) -> list[tuple[ColumnRef, str]]:
    """Values of the coded columns that the schema has."""
    codes = (cells.codes or {}).items()
    return [(ref, code) for ref, values in codes if column_key(ref) in columns for code in values]


def _is_common(mention: Mention) -> bool:
    """Whether a value stands in the question as a word of no meaning, such as a cell `In`."""
    return mention.text.casefold() in COMMON and not mention.same_case
