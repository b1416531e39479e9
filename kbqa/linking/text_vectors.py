"""Texts as vectors in PostgreSQL: how the likeliest of very many are found at once.

A vector hangs on the hash of its text, so what stays as it was costs no encoding the next time.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

from django.db import connection, transaction
from django.db.models import QuerySet
from pgvector import HalfVector
from pgvector.django import MaxInnerProduct

from kbqa.linking.models import TextVectorBase
from searchapp.encoders.base import Vectors

_AT_ONCE = 512


@dataclass(frozen=True)
class TextVectors:
    """The vectors of one owner's texts; `owner` is its field and key, for example `{"database_id": 3}`."""

    model: type[TextVectorBase]
    owner: Mapping[str, int]

    def write(
        self,
        texts: Iterable[str],
        encode: Callable[[Sequence[str]], Vectors],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> int:
        """Keep the vectors of texts, and return how many had none yet. Raises EncoderError."""
        by_hash = {text_hash(text): text for text in texts}
        known = set(self.rows().values_list("text_hash", flat=True))
        new = [each for each in by_hash if each not in known]
        for start in range(0, len(new), _AT_ONCE):
            portion = new[start : start + _AT_ONCE]
            kept = zip(portion, map(HalfVector, encode([by_hash[each] for each in portion])), strict=True)
            rows = [
                self.model(**self.owner, text_hash=each, text=by_hash[each], vector=vector)
                for each, vector in kept
            ]
            self.model._default_manager.bulk_create(rows, ignore_conflicts=True)
            progress(start + len(portion), len(new))
        return len(new)

    def keep_only(self, texts: Iterable[str]) -> None:
        """Forget the vectors of all other texts."""
        kept = {text_hash(text) for text in texts}
        gone = [each for each in self.rows().values_list("text_hash", flat=True) if each not in kept]
        for start in range(0, len(gone), _AT_ONCE):
            self.rows().filter(text_hash__in=gone[start : start + _AT_ONCE]).delete()

    def nearest(self, vector: Vectors, most: int) -> dict[str, float]:
        """Return the texts that are likest to a unit vector [dimension], the likest first, with the cosine."""
        distance = MaxInnerProduct("vector", HalfVector(vector))
        with transaction.atomic(), connection.cursor() as cursor:
            # Where an index is used, it goes on until enough of this owner's are found.
            cursor.execute("SELECT set_config('hnsw.iterative_scan', 'strict_order', true)")
            rows = (
                self.rows()
                .annotate(distance=distance)
                .order_by("distance")
                .values_list("text", "distance")[:most]
            )
            return {text: -float(found) for text, found in rows}

    def rows(self) -> QuerySet[TextVectorBase]:
        """Return the owner's rows."""
        return self.model._default_manager.filter(**self.owner)


def text_hash(text: str) -> uuid.UUID:
    """Return what a text's vector is kept under."""
    return uuid.UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())
