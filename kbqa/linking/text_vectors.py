"""Dense retrieval of texts in PostgreSQL: the nearest of very many are found at once.

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
        """Encode and store the texts that have no vector yet; their number. Raises EncoderError."""
        by_hash = {text_hash(text): text for text in texts}
        known = set(self.rows().values_list("text_hash", flat=True))
        new = [hashed for hashed in by_hash if hashed not in known]
        for start in range(0, len(new), _AT_ONCE):
            portion = new[start : start + _AT_ONCE]
            vectors = map(HalfVector, encode([by_hash[hashed] for hashed in portion]))
            rows = [
                self.model(**self.owner, text_hash=hashed, text=by_hash[hashed], vector=vector)
                for hashed, vector in zip(portion, vectors, strict=True)
            ]
            self.model._default_manager.bulk_create(rows, ignore_conflicts=True)
            progress(start + len(portion), len(new))
        return len(new)

    def keep_only(self, texts: Iterable[str]) -> None:
        """Forget the vectors of all other texts."""
        wanted = {text_hash(text) for text in texts}
        stored = self.rows().values_list("text_hash", flat=True)
        gone = [hashed for hashed in stored if hashed not in wanted]
        for start in range(0, len(gone), _AT_ONCE):
            self.rows().filter(text_hash__in=gone[start : start + _AT_ONCE]).delete()

    def nearest(self, vector: Vectors, limit: int) -> dict[str, float]:
        """Texts with their cosine to a unit vector [dimension], at most `limit`, the nearest first."""
        distance = MaxInnerProduct("vector", HalfVector(vector))
        with transaction.atomic(), connection.cursor() as cursor:
            # Where an index is used, it goes on until enough of this owner's are found.
            cursor.execute("SELECT set_config('hnsw.iterative_scan', 'strict_order', true)")
            rows = (
                self.rows()
                .annotate(distance=distance)
                .order_by("distance")
                .values_list("text", "distance")[:limit]
            )
            return {text: -float(negative) for text, negative in rows}

    def rows(self) -> QuerySet[TextVectorBase]:
        """The owner's rows."""
        return self.model._default_manager.filter(**self.owner)


def text_hash(text: str) -> uuid.UUID:
    """The key of a text's vector: its MD5."""
    return uuid.UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())
