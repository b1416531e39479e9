"""A question → what of a database it may mention: tables, columns, cell values and constants, and what these
are to each other.

Candidates, never a decision: the decoder decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kbqa.decoding.actions import Action
from kbqa.linking.mentions import Found, features_of, find_names
from kbqa.linking.names import Names
from kbqa.linking.words import (
    COMMON,
    Span,
    Word,
    dates_of,
    fold,
    numbers_of,
    parts_of,
    quoted_of,
    stem,
    words_of,
)
from kbqa.sql.grammar import LinkedQuestion
from kbqa.sql.grammar.actions import (
    ColumnFeatures,
    ColumnPointer,
    NumberFeatures,
    NumberPointer,
    TableFeatures,
    TablePointer,
    ValuePointer,
)
from kbqa.sql.schema import Column, ColumnRef, ColumnType, Schema, Table, readable

MAX_QUESTION = 2_000
MAX_VALUES, MAX_OF_COLUMN, MAX_CODES = 24, 4, 24
_NAME = re.compile(
    r"[A-Z][\w.&'’-]*(?:(?<!\w\w\w\w\.) (?:(?:of|and|the|de|la|van|von|&) )?[A-Z0-9][\w.&'’-]*)*|(?<!\w)[A-Z0-9]*\d[A-Z][A-Z0-9]*(?!\w)"
)
_LITERAL = re.compile(
    r"\b(?:letters?|characters?|words?|phrase|string|substring|prefix|suffix) ['\"‘’“]?([\w.&-]{1,40})",
    re.IGNORECASE,
)
"""What a name is asked to contain: `the letter M`, `the word love`."""
_SEPARATOR = "\t"
_MAX_DESCRIPTION_LENGTH = 200
_CLAUSE = re.compile(r"[.;,:(]")
_NAMED_WITHIN = 6
"""By how many characters a mention may be longer than the name."""

RELATIONS = (
    "", "itself", "column of table", "table of column", "key of table", "table of key",
    "column of the same table", "refers", "referred", "table refers", "table referred", "value of column",
    "column of value", "value of table", "table of value", "same name",
)  # fmt: skip
"""What one candidate can be to another; the network has an embedding for each, so new ones go to the end."""
_RELATION = {name: place for place, name in enumerate(RELATIONS)}


@dataclass(frozen=True)
class CellNames:
    """Where the values of a database's cells are found, and what few values coded columns have."""

    names: Names | None = None
    codes: Mapping[ColumnRef, tuple[str, ...]] | None = None


def predicate_of(ref: ColumnRef) -> str:
    """Return a column's place as one text, for the tables of names."""
    return f"{ref.table}{_SEPARATOR}{ref.column}"


def link_question(question: str, schema: Schema, cells: CellNames) -> LinkedQuestion:
    """Return a question's view of a schema."""
    question = question[:MAX_QUESTION]
    words = words_of(question)
    stems = _stems(question, words)
    named = _named_spans(schema, stems)
    values = [value for value in _values(question, words, schema, cells) if not _is_name(value, named)]
    hit = {value.key[0] for value in values if value.span is not None and value.features.similarity >= 0.9}
    tables = tuple(_table(table, stems, {ref.table for ref in hit}) for table in schema.tables)
    columns = tuple(_column(table, column, stems, hit) for table in schema.tables for column in table.columns)
    exact = [value.span for value in values if value.span is not None and value.features.exact]
    return LinkedQuestion(schema, tables, columns, tuple(values), tuple(_constants(question, words, exact)))


def _stems(question: str, words: Sequence[Word]) -> dict[str, Word]:
    """Return the words of a question by their stems, and by those of their parts where they are written as
    identifiers are.
    """
    found = {stem(word.text): word for word in words}
    for word in words:
        for part in parts_of(question[word.start : word.end]):
            found.setdefault(stem(part), word)
    return found


def _shared(text: str, stems: Mapping[str, Word]) -> tuple[float, Span | None]:
    """Return the share of a name's words that the question has, and from where to where."""
    folded = fold(text).split()
    if (whole := stems.get(stem("".join(folded)))) is not None:
        return 1.0, (whole.start, whole.end)
    parts = [stem(part) for part in folded]
    found = [stems[part] for part in parts if part in stems]
    if not found:
        return 0.0, None
    return len(found) / len(parts), (min(word.start for word in found), max(word.end for word in found))


def is_mention(span: Span | None, text: str) -> bool:
    """Tell whether the words of a name stand together in a question, not just somewhere."""
    return span is not None and span[1] - span[0] <= len(text) + _NAMED_WITHIN


def _named_spans(schema: Schema, stems: Mapping[str, Word]) -> list[Span]:
    """Return where a question has the whole name of a table or column."""
    found = [
        (text, *_shared(text, stems))
        for text in {readable(name) for table in schema.tables for name in (table.name, *_columns(table))}
    ]
    return [span for text, share, span in found if share == 1 and span is not None and is_mention(span, text)]


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _is_name(value: ValuePointer, named: Sequence[Span]) -> bool:
    """Tell whether what might be a cell, written otherwise, is the name of a table or column: `packages`,
    where there is a cell `packaging`.
    """
    span = value.span
    return (
        span is not None
        and not value.features.exact
        and any(start <= span[0] and span[1] <= end for start, end in named)
    )


def _table(table: Table, stems: Mapping[str, Word], hit: set[str]) -> TablePointer:
    text = readable(table.name)
    share, span = _shared(text, stems)
    features = TableFeatures(
        similarity=share, exact=float(share == 1), has_mentioned_cell=float(table.name in hit)
    )
    about = [table.description[:_MAX_DESCRIPTION_LENGTH]] if table.description else []
    return TablePointer(
        table.name,
        text,
        span,
        features,
        (*about, *(readable(column.name) for column in table.columns[:6])),
    )


def _column(
    table: Table, column: Column, stems: Mapping[str, Word], hit: set[ColumnRef]
) -> ColumnPointer:
    ref, text = ColumnRef(table.name, column.name), readable(column.name)
    about = [column.description[:_MAX_DESCRIPTION_LENGTH]] if column.description else []
    share, span = _known_by(text, about, stems)
    features = ColumnFeatures(
        similarity=share,
        exact=float(share == 1),
        is_number=float(column.type == ColumnType.NUMBER),
        is_date=float(column.type == ColumnType.DATE),
        is_primary=float(column.primary),
        has_mentioned_cell=float(ref in hit),
    )
    return ColumnPointer(ref, text, span, features, (readable(table.name), *about))


def _known_by(name: str, about: Sequence[str], stems: Mapping[str, Word]) -> tuple[float, Span | None]:
    """Return how much of a column's name, or of what is written about it, the question has, and where it has
    words of the name.
    """
    share, span = _shared(name, stems)
    return max([share, *(_said(each, stems) for each in about)]), span


def _said(about: str, stems: Mapping[str, Word]) -> float:
    """Return the share of the words of a clause of what is written about a column that the question has: of
    the clause that it says most of.
    """
    clauses = (
        [word for word in fold(clause).split() if word not in COMMON] for clause in _CLAUSE.split(about)
    )
    return max((_shared(" ".join(words), stems)[0] for words in clauses if words), default=0.0)


def under_another_name(choice: ColumnPointer, name: str, question: str) -> ColumnPointer:
    """Return a column's choice as it were if the column had this name and were known by what is written about
    it.
    """
    share, span = _known_by(name, choice.context[1:], _stems(question, words_of(question)))
    features = choice.features._replace(similarity=share, exact=float(share == 1))
    return replace(choice, text=name, span=span, features=features)


def column_text(choice: ColumnPointer) -> str:
    """Return what is known of a column as one text: its table, its name, and what is written about it."""
    table, *about = choice.context
    return f"{table}: {choice.text}{'. ' + about[0] if about else ''}"


def definition_texts(tables: Iterable[Table]) -> list[str]:
    """Return what is known of each column as one text."""
    return [column_text(_column(table, column, {}, set())) for table in tables for column in table.columns]


def _values(question: str, words: Sequence[Word], schema: Schema, cells: CellNames) -> list[ValuePointer]:
    """Return the cells that the question may mention, and the codes of columns that have few."""
    columns = {predicate_of(ref): ref for ref in schema.refs()}
    found = find_names(question, words, cells.names) if cells.names is not None else []
    choices: dict[tuple[ColumnRef, str], ValuePointer] = {}
    numbers: dict[ColumnRef, int] = {}
    for each in found:
        ref = columns.get(each.predicate)
        if ref is None or _is_common(each) or numbers.get(ref, 0) == MAX_OF_COLUMN:
            continue
        numbers[ref] = numbers.get(ref, 0) + 1
        choices[ref, each.text] = ValuePointer(
            (ref, each.text),
            each.text,
            each.span,
            features_of(each, len(words)),
            (readable(ref.column),),
        )
        if len(choices) == MAX_VALUES:
            break
    codes = [
        (ref, code)
        for ref, few in (cells.codes or {}).items()
        if predicate_of(ref) in columns
        for code in few
    ]
    for place in codes[:MAX_CODES]:
        choices.setdefault(
            place, ValuePointer(place, place[1], context=(readable(place[0].column), place[1]))
        )
    return list(choices.values())


def _is_common(found: Found) -> bool:
    """Tell a value that stands in the question as a word of no meaning, such as a cell `In`."""
    return found.text.casefold() in COMMON and not found.same_case


def _constants(question: str, words: Sequence[Word], exact: Iterable[Span]) -> list[NumberPointer]:
    """Return constants that need be in no cell: numbers, dates, what is quoted, and names that no cell
    explains.
    """
    found = dates_of(question)
    dates = list(found.values())
    for digits, span in numbers_of(question, words).items():
        if not any(start <= span[0] < end for start, end in dates):
            found.setdefault(digits, span)
    numbers = list(found.items())[:12]
    quoted = [(text.strip(" %"), span) for text, span in quoted_of(question)][:6]
    literals = [(match.group(1).rstrip("."), match.span(1)) for match in _LITERAL.finditer(question)]
    quoted += [(text, span) for text, span in literals if text not in COMMON and text not in dict(quoted)][:3]
    explained = list(exact)
    named = [
        (match.group().rstrip(".'’"), match.span())
        for match in _NAME.finditer(question)
        if match.start() > 0
        and not any(start <= match.start() and match.end() <= end for start, end in explained)
        and not any(start < match.end() and match.start() < end for start, end in dates)
    ]
    choices: dict[str, NumberPointer] = {}
    for text, span in [*numbers, *quoted, *named[:6]]:
        features = NumberFeatures(quoted=float((text, span) in quoted))
        choices.setdefault(text, NumberPointer(text, text, span, features))
    return list(choices.values())


def relate(schema: Schema, choices: Sequence[Action]) -> NDArray[np.int8]:
    """Return what each candidate is to each, as places in RELATIONS, int8 [n, n] (Wang et al. 2020, RAT-SQL,
    table 1).
    """
    found = np.zeros((len(choices), len(choices)), dtype=np.int8)
    tables = np.array([_owner(choice) for choice in choices], dtype=object)
    is_column = np.array([isinstance(choice, ColumnPointer) for choice in choices], dtype=bool)
    texts = np.array([choice.text for choice in choices], dtype=object)
    found[np.outer(is_column, is_column) & (texts[:, None] == texts[None])] = _RELATION["same name"]
    found[np.outer(is_column, is_column) & (tables[:, None] == tables[None])] = _RELATION[
        "column of the same table"
    ]
    places: dict[object, int] = {
        choice.key: place
        for place, choice in enumerate(choices)
        if isinstance(choice, TablePointer | ColumnPointer)
    }
    for place, choice in enumerate(choices):
        _relate_to_owner(found, place, choice, places, schema)
    for key in schema.keys:
        for one, other, forth, back in (
            (key.source, key.target, "refers", "referred"),
            (key.source.table, key.target.table, "table refers", "table referred"),
        ):
            if one in places and other in places and one != other:
                found[places[one], places[other]], found[places[other], places[one]] = (
                    _RELATION[forth],
                    _RELATION[back],
                )
    np.fill_diagonal(found, _RELATION["itself"])
    return found


def _owner(choice: Action) -> str:
    """Return the table that a candidate lies in."""
    match choice:
        case ColumnPointer(key=ref) | ValuePointer(key=(ref, _)):
            return ref.table
        case TablePointer(key=table):
            return table
    return ""


def _relate_to_owner(
    found: NDArray[np.int8], place: int, choice: Action, places: Mapping[object, int], schema: Schema
) -> None:
    def both(other: int | None, forth: str, back: str) -> None:
        if other is not None:
            found[place, other], found[other, place] = _RELATION[forth], _RELATION[back]

    if isinstance(choice, ColumnPointer):
        part = "key" if schema.column(choice.key).primary else "column"
        both(places.get(choice.key.table), f"{part} of table", f"table of {part}")
    elif isinstance(choice, ValuePointer):
        both(places.get(choice.key[0]), "value of column", "column of value")
        both(places.get(choice.key[0].table), "value of table", "table of value")
