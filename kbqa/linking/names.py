"""Names in PostgreSQL: written in bulk, and looked up by words, by stems and by what is left of a mistyped
word.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection

from kbqa.linking.words import deletions, fold, stem

MAX_NAME_LENGTH = 200
_ROWS_AT_ONCE = 20_000
_MERGE_PENDING = (
    "SELECT gin_clean_pending_list(indexrelid) FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_am a ON a.oid = i.relam "
    "JOIN pg_class t ON t.oid = indrelid WHERE a.amname = 'gin' AND t.relname = ANY(%s)"
)
_NEW_WORDS = (
    "CREATE TEMPORARY TABLE new_words (owner int8, load int4, word text, count int4, deletions text[])"
)

NameRow = tuple[str, str, str, str, int]
"""kind, term, predicate, text, count"""


@dataclass(frozen=True)
class Names:
    """The names of one load of an owner: a graph, or a database.

    `table` and `words` are the tables they lie in, `column` says whose they are.
    """

    table: str
    words: str
    column: str
    owner: int
    load: int

    def write(self, rows: Iterable[NameRow], after: Callable[[int], None] = lambda number: None) -> int:
        """Write names, and return their number; `after` is called now and then with how many are written."""
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
        number = 0
        columns = f"{self.column}, load, kind, term, predicate, text, key, words, count"
        with connection.cursor() as cursor, cursor.copy(f"COPY {self.table} ({columns}) FROM STDIN") as copy:
            for kind, term, predicate, text, count in rows:
                folded = fold(text[:MAX_NAME_LENGTH])
                if not folded:
                    continue
                stems = sorted(map(stem, folded.split()))
                shown = text[:MAX_NAME_LENGTH].replace("\0", "")
                copy.write_row(
                    (self.owner, self.load, kind, term, predicate, shown, " ".join(stems), stems, count)
                )
                words.update(set(folded.split()))
                number += 1
        return number

    def _write_words(self, words: "Counter[str]") -> None:
        rows = [(self.owner, self.load, word, count, deletions(word)) for word, count in words.items()]
        with connection.cursor() as cursor:
            cursor.execute(_NEW_WORDS)
            with cursor.copy("COPY new_words (owner, load, word, count, deletions) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(
                f"INSERT INTO {self.words} ({self.column}, load, word, count, deletions) SELECT owner, load, word, count, deletions FROM new_words "
                f"ON CONFLICT ({self.column}, load, word) DO UPDATE SET count = {self.words}.count + excluded.count"
            )
            cursor.execute("DROP TABLE new_words")

    def remove(self, rows: Iterable[NameRow]) -> None:
        """Remove single names; words that no name has any more only cost a look."""
        with connection.cursor() as cursor:
            cursor.executemany(
                f"DELETE FROM {self.table} WHERE {self.column} = %s AND load = %s AND kind = %s AND term = %s AND predicate = %s AND text = %s",
                [
                    (self.owner, self.load, kind, term, predicate, text[:MAX_NAME_LENGTH])
                    for kind, term, predicate, text, _ in rows
                ],
            )

    def forget(self, predicates: Sequence[str]) -> None:
        """Remove the names of some predicates, and what they count for their words."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {self.table} WHERE {self.column} = %s AND load = %s AND predicate = ANY(%s) RETURNING text",
                [self.owner, self.load, list(predicates)],
            )
            words = Counter(word for (text,) in cursor.fetchall() for word in set(fold(text).split()))
            cursor.executemany(
                f"UPDATE {self.words} SET count = count - %s WHERE {self.column} = %s AND load = %s AND word = %s",
                [(count, self.owner, self.load, word) for word, count in words.items()],
            )
            cursor.execute(
                f"DELETE FROM {self.words} WHERE {self.column} = %s AND load = %s AND count <= 0",
                [self.owner, self.load],
            )

    def take(self, other: "Names") -> None:
        """Make the names of another load this one's."""
        mine, others = [self.owner, self.load], [other.owner, other.load]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} SET {self.column} = %s, load = %s WHERE {self.column} = %s AND load = %s",
                [*mine, *others],
            )
            cursor.execute(
                f"INSERT INTO {self.words} ({self.column}, load, word, count, deletions) SELECT %s, %s, word, count, deletions FROM {self.words} "
                f"WHERE {self.column} = %s AND load = %s "
                f"ON CONFLICT ({self.column}, load, word) DO UPDATE SET count = {self.words}.count + excluded.count",
                [*mine, *others],
            )
            cursor.execute(f"DELETE FROM {self.words} WHERE {self.column} = %s AND load = %s", others)

    def delete(self, *, all_loads: bool = False) -> None:
        """Remove the names of this load, or of all loads of the owner."""
        for table in (self.table, self.words):
            with connection.cursor() as cursor:
                if all_loads:
                    cursor.execute(f"DELETE FROM {table} WHERE {self.column} = %s", [self.owner])
                else:
                    cursor.execute(
                        f"DELETE FROM {table} WHERE {self.column} = %s AND load = %s", [self.owner, self.load]
                    )

    def with_keys(self, keys: list[str]) -> list[tuple[str, str, str, str, int, str]]:
        """Return (kind, term, predicate, text, count, key) of the names with one of the keys, the most
        connected of each first.
        """
        return self._rows(
            "SELECT n.* FROM unnest(%s::text[]) AS wanted(key) CROSS JOIN LATERAL (SELECT kind, term, predicate, text, count, key FROM "
            f"{self.table} WHERE {self.column} = %s AND load = %s AND key = wanted.key ORDER BY count DESC, id LIMIT 40) n",
            [keys, self.owner, self.load],
        )

    def with_stems(self, stems: list[str]) -> list[tuple[str, str, str, str, int, list[str]]]:
        """Return (kind, term, predicate, text, count, stems) of the names with one of the stems."""
        return self._rows(
            f"SELECT kind, term, predicate, text, count, words FROM {self.table} WHERE words && %s::text[] AND {self.column} = %s AND load = %s "
            "LIMIT 400",
            [stems, self.owner, self.load],
        )

    def counted(self, words: list[str]) -> dict[str, int]:
        """Return how many names have each of the words, where any has."""
        rows = self._rows(
            f"SELECT word, count FROM {self.words} WHERE {self.column} = %s AND load = %s AND word = ANY(%s)",
            [self.owner, self.load, words],
        )
        return dict(rows)

    def similar_words(self, word: str) -> list[str]:
        """Return up to three words of names that one typing mistake makes of `word`, or two letters swapped,
        the commonest first.
        """
        rows = self._rows(
            f"SELECT word, count FROM {self.words} WHERE {self.column} = %s AND load = %s AND deletions && %s::text[] LIMIT 200",
            [self.owner, self.load, deletions(word)],
        )
        near = [(-count, other) for other, count in rows if abs(len(other) - len(word)) <= 1]
        return [other for _, other in sorted(near)[:3]]

    def _rows(self, statement: str, parameters: list[Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            found: list[Any] = cursor.fetchall()
            return found
