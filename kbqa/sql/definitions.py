"""What columns are called and said to be, as vectors in PostgreSQL: how the likeliest of very many are found at once.

A vector hangs on the hash of its text, so a column that stayed as it was costs no encoding at the next scan.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import md5

from django.db.models import QuerySet
from pgvector import HalfVector
from pgvector.django import MaxInnerProduct

from kbqa.models import Definition
from searchapp.encoders.base import Vectors

_AT_ONCE = 512


@dataclass(frozen=True)
class Definitions:
    """The definitions of one database."""

    database: int

    def write(
        self, texts: Iterable[str], encode: Callable[[Sequence[str]], Vectors], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> int:
        """Keep the vectors of texts, and return how many had none yet. Raises EncoderError."""
        by_hash = {text_hash(text): text for text in texts}
        known = set(self._rows().filter(text_hash__in=list(by_hash)).values_list("text_hash", flat=True))
        new = [each for each in by_hash if each not in known]
        for start in range(0, len(new), _AT_ONCE):
            portion = new[start : start + _AT_ONCE]
            vectors = encode([by_hash[each] for each in portion])
            kept = zip(portion, map(HalfVector, vectors), strict=True)
            rows = [Definition(database_id=self.database, text_hash=each, vector=vector) for each, vector in kept]
            Definition.objects.bulk_create(rows, ignore_conflicts=True)
            progress(start + len(portion), len(new))
        return len(new)

    def keep_only(self, texts: Iterable[str]) -> None:
        """Forget the vectors of all other texts."""
        self._rows().exclude(text_hash__in=[text_hash(text) for text in texts]).delete()

    def nearest(self, vector: Vectors, most: int) -> dict[uuid.UUID, float]:
        """Return by their hashes the texts that are likest to a unit vector [dimension], with the cosine."""
        distance = MaxInnerProduct("vector", HalfVector(vector))
        rows = self._rows().annotate(distance=distance).order_by("distance").values_list("text_hash", "distance")[:most]
        return {each: -float(found) for each, found in rows}

    def _rows(self) -> QuerySet[Definition]:
        return Definition.objects.filter(database_id=self.database)


def text_hash(text: str) -> uuid.UUID:
    """Return what a text's vector is kept under."""
    return uuid.UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())
