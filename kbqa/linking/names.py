"""Names in PostgreSQL: written in bulk, looked up by all their words, by one stem, or by a mistyped word."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from kbqa.linking.words import deletions, fold, stem

MAX_NAME_LENGTH = 200
_ROWS_AT_ONCE = 20_000
_MAX_OF_KEY, _MAX_OF_STEMS, _MAX_SIMILAR, _MAX_CORRECTIONS = 40, 400, 200, 3

# In the statements below, {names} and {words} are the two tables, and {owner} is the column that says whose
# a row is.
_MERGE_PENDING = """
    SELECT gin_clean_pending_list(indexrelid)
    FROM pg_index
    JOIN pg_class i ON i.oid = indexrelid
    JOIN pg_am a ON a.oid = i.relam
    JOIN pg_class t ON t.oid = indrelid
    WHERE a.amname = 'gin' AND t.relname = ANY(%s)
"""
_CREATE_NEW_WORDS = """
    CREATE TEMPORARY TABLE new_words (owner int8, load int4, word text, count int4, deletions text[])
"""
_ADD_NEW_WORDS = """
    INSERT INTO {words} ({owner}, load, word, count, deletions)
    SELECT owner, load, word, count, deletions FROM new_words
    ON CONFLICT ({owner}, load, word) DO UPDATE SET count = {words}.count + excluded.count
"""
_REMOVE_NAMES = """
    DELETE FROM {names} AS n
    USING unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS gone(kind, term, predicate, text)
    WHERE n.{owner} = %s AND n.load = %s AND n.kind = gone.kind AND n.term = gone.term
        AND n.predicate = gone.predicate AND n.text = gone.text
    RETURNING n.text
"""
_FORGET_NAMES = """
    DELETE FROM {names} WHERE {owner} = %s AND load = %s AND predicate = ANY(%s) RETURNING text
"""
_COUNT_DOWN = """
    UPDATE {words} SET count = count - %s WHERE {owner} = %s AND load = %s AND word = %s
"""
_FORGET_WORDS = "DELETE FROM {words} WHERE {owner} = %s AND load = %s AND count <= 0"
_TAKE_NAMES = "UPDATE {names} SET {owner} = %s, load = %s WHERE {owner} = %s AND load = %s"
_TAKE_WORDS = """
    INSERT INTO {words} ({owner}, load, word, count, deletions)
    SELECT %s, %s, word, count, deletions FROM {words} WHERE {owner} = %s AND load = %s
    ON CONFLICT ({owner}, load, word) DO UPDATE SET count = {words}.count + excluded.count
"""
_DELETE_NAMES = "DELETE FROM {names} WHERE {owner} = %s AND load = %s"
_DELETE_WORDS = "DELETE FROM {words} WHERE {owner} = %s AND load = %s"
_DELETE_ALL_NAMES = "DELETE FROM {names} WHERE {owner} = %s"
_DELETE_ALL_WORDS = "DELETE FROM {words} WHERE {owner} = %s"
_BY_KEY = """
    SELECT n.*
    FROM unnest(%s::text[]) AS wanted(key)
    CROSS JOIN LATERAL (
        SELECT kind, term, predicate, text, count, key
        FROM {names}
        WHERE {owner} = %s AND load = %s AND key = wanted.key AND predicate <> ALL(%s::text[])
        ORDER BY count DESC, id
        LIMIT %s
    ) n
"""
_BY_STEM = """
    SELECT kind, term, predicate, text, count, words
    FROM {names}
    WHERE words && %s::text[] AND {owner} = %s AND load = %s AND predicate <> ALL(%s::text[])
    LIMIT %s
"""
_COUNTS = "SELECT word, count FROM {words} WHERE {owner} = %s AND load = %s AND word = ANY(%s)"
_SIMILAR = """
    SELECT word, count
    FROM {words}
    WHERE {owner} = %s AND load = %s AND deletions && %s::text[]
    LIMIT %s
"""
_HAVE_A_NAME = """
    SELECT wanted.word
    FROM unnest(%s::text[], %s::text[]) AS wanted(word, stem)
    WHERE EXISTS (
        SELECT FROM {names}
        WHERE words && ARRAY[wanted.stem] AND {owner} = %s AND load = %s AND predicate <> ALL(%s::text[])
    )
"""

NameRow = tuple[str, str, str, str, int]
"""kind, term, predicate, text, count"""


class KeyMatch(NamedTuple):
    """A name that was found by its key."""

    kind: str
    term: str
    predicate: str
    text: str
    frequency: int
    key: str


class StemMatch(NamedTuple):
    """A name that was found by one of its stems, with all of them."""

    kind: str
    term: str
    predicate: str
    text: str
    frequency: int
    stems: list[str]


@dataclass(frozen=True)
class Names:
    """The names of one load of an owner: a graph, or a database.

    `table` and `words` are the tables they lie in, `column` says whose they are. What predicates that are
    `hidden` have is not found, whoever wrote it when.
    """

    table: str
    words: str
    column: str
    owner: int
    load: int
    hidden: tuple[str, ...] = ()

    def write(self, rows: Iterable[NameRow], after: Callable[[int], None] = lambda number: None) -> int:
        """Write names; their number. `after` is called now and then with how many are written."""
        words: Counter[str] = Counter()
        stream, number = iter(rows), 0
        while portion := list(islice(stream, _ROWS_AT_ONCE)):
            number += self._copy(portion, words)
            after(number)
        self._write_words(words)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self.table}, {self.words}")
            # New entries wait in a list that every search reads through, until they are merged into the
            # index.
            cursor.execute(_MERGE_PENDING, [[self.table, self.words]])
        return number

    def _copy(self, rows: Iterable[NameRow], words: "Counter[str]") -> int:
        """Write a portion of names, and count their words into `words`; how many names were written."""
        number = 0
        columns = f"{self.column}, load, kind, term, predicate, text, key, words, count"
        with connection.cursor() as cursor, cursor.copy(f"COPY {self.table} ({columns}) FROM STDIN") as copy:
            for kind, term, predicate, text, count in rows:
                stored = _stored(text)
                folded = fold(stored)
                if not folded:
                    continue
                stems = sorted(map(stem, folded.split()))
                copy.write_row((*self._mine, kind, term, predicate, stored, " ".join(stems), stems, count))
                words.update(set(folded.split()))
                number += 1
        return number

    def _write_words(self, words: "Counter[str]") -> None:
        with connection.cursor() as cursor:
            cursor.execute(_CREATE_NEW_WORDS)
            with cursor.copy("COPY new_words (owner, load, word, count, deletions) FROM STDIN") as copy:
                for word, count in words.items():
                    copy.write_row((*self._mine, word, count, deletions(word)))
            cursor.execute(self._statement(_ADD_NEW_WORDS))
            cursor.execute("DROP TABLE new_words")

    def remove(self, rows: Iterable[NameRow]) -> None:
        """Remove single names, and what they count for their words."""
        gone = [(kind, term, predicate, _stored(text)) for kind, term, predicate, text, _ in rows]
        columns = [list(column) for column in zip(*gone, strict=True)] or [[], [], [], []]
        self._remove(_REMOVE_NAMES, [*columns, *self._mine])

    def forget(self, predicates: Sequence[str]) -> None:
        """Remove the names of some predicates, and what they count for their words."""
        self._remove(_FORGET_NAMES, [*self._mine, list(predicates)])

    def _remove(self, template: str, parameters: list[Any]) -> None:
        """Remove the names that a statement returns, and what they count for their words."""
        removed = self._rows(template, parameters)
        words = Counter(word for (text,) in removed for word in set(fold(text).split()))
        with connection.cursor() as cursor:
            cursor.executemany(
                self._statement(_COUNT_DOWN), [(count, *self._mine, word) for word, count in words.items()]
            )
            cursor.execute(self._statement(_FORGET_WORDS), self._mine)

    def take(self, other: "Names") -> None:
        """Make the names of another load this one's."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement(_TAKE_NAMES), [*self._mine, *other._mine])
            cursor.execute(self._statement(_TAKE_WORDS), [*self._mine, *other._mine])
            cursor.execute(self._statement(_DELETE_WORDS), other._mine)

    def delete(self, *, all_loads: bool = False) -> None:
        """Remove the names of this load, or of all loads of the owner."""
        statements = (_DELETE_ALL_NAMES, _DELETE_ALL_WORDS) if all_loads else (_DELETE_NAMES, _DELETE_WORDS)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(self._statement(statement), [self.owner] if all_loads else self._mine)

    def with_keys(self, keys: list[str]) -> list[KeyMatch]:
        """The names with one of the keys, the most connected of each first, at most 40 of each."""
        return [KeyMatch(*row) for row in self._rows(_BY_KEY, [keys, *self._shown, _MAX_OF_KEY])]

    def with_stems(self, stems: list[str]) -> list[StemMatch]:
        """Names with one of the stems, at most 400."""
        return [StemMatch(*row) for row in self._rows(_BY_STEM, [stems, *self._shown, _MAX_OF_STEMS])]

    def counted(self, words: list[str]) -> dict[str, int]:
        """The number of names that have each word, of words that any has."""
        counts = dict(self._rows(_COUNTS, [*self._mine, words]))
        return {word: counts[word] for word in self._of_shown_names(list(counts))}

    def similar_words(self, word: str) -> list[str]:
        """Words of names that one typing mistake, or two letters swapped, makes of `word`.

        Three at most, the commonest first.
        """
        rows = self._rows(_SIMILAR, [*self._mine, deletions(word), _MAX_SIMILAR])
        near = [(-count, other) for other, count in rows if abs(len(other) - len(word)) <= 1]
        return self._of_shown_names([other for _, other in sorted(near)])[:_MAX_CORRECTIONS]

    def _of_shown_names(self, words: list[str]) -> list[str]:
        """The words that a name has which is not hidden, in their order."""
        if not self.hidden:
            return words
        rows = self._rows(_HAVE_A_NAME, [words, list(map(stem, words)), *self._shown])
        having = {word for (word,) in rows}
        return [word for word in words if word in having]

    @property
    def _mine(self) -> list[int]:
        return [self.owner, self.load]

    @property
    def _shown(self) -> list[Any]:
        return [*self._mine, list(self.hidden)]

    def _statement(self, template: str) -> str:
        return template.format(names=self.table, words=self.words, owner=self.column)

    def _rows(self, template: str, parameters: list[Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self._statement(template), parameters)
            rows: list[Any] = cursor.fetchall()
            return rows


def _stored(text: str) -> str:
    """A name as it is kept: cut, and without what no text in PostgreSQL has."""
    return text[:MAX_NAME_LENGTH].replace("\0", "")
