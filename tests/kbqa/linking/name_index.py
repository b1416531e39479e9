"""Names in memory, looked up as PostgreSQL's are."""

from collections import Counter
from dataclasses import dataclass

from kbqa.linking.names import KeyMatch, NameRow, StemMatch
from kbqa.linking.words import deletions, fold, key_of, stem


def entity(text: str, count: int = 1, term: str = "") -> NameRow:
    return "entity", term or f"<urn:{text}>", "", text, count


def cell(text: str, column: str, count: int = 1) -> NameRow:
    return "value", "", column, text, count


@dataclass(frozen=True)
class NamesInMemory:
    """A `NameIndex` of a few names, which notes nothing and forgets nothing."""

    rows: tuple[NameRow, ...]

    @classmethod
    def of(cls, *rows: NameRow) -> "NamesInMemory":
        return cls(rows)

    def with_keys(self, keys: list[str]) -> list[KeyMatch]:
        ordered = sorted(self.rows, key=lambda row: -row[4])
        return [KeyMatch(*row, key) for key in keys for row in ordered if key_of(fold(row[3])) == key]

    def with_stems(self, stems: list[str]) -> list[StemMatch]:
        stemmed = [(row, sorted(map(stem, fold(row[3]).split()))) for row in self.rows]
        return [StemMatch(*row, of_name) for row, of_name in stemmed if not set(stems).isdisjoint(of_name)]

    def counted(self, words: list[str]) -> dict[str, int]:
        counts = Counter(word for row in self.rows for word in set(fold(row[3]).split()))
        return {word: counts[word] for word in words if word in counts}

    def similar_words(self, word: str) -> list[str]:
        known = {other for row in self.rows for other in fold(row[3]).split()}
        near = (other for other in known if not set(deletions(other)).isdisjoint(deletions(word)))
        return sorted(other for other in near if abs(len(other) - len(word)) <= 1)
