"""The vectors of an encoder: which index is served, filling it, and its HNSW graph.

Vectors belong to texts, not to units, so that a text is encoded once for all repositories, builds and moves.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from codesearch.encoding import CodeEncoder, CodeVectors
from codesearch.models import VectorIndex
from codesearch.parsing import CodeUnit, parse_file
from codesearch.parsing.dense_text import dense_text, text_hash
from searchapp.encoders import Encoder, EncoderError, EncoderSpec, configured_spec, load_encoder
from searchapp.encoders.base import Vectors

# Below this many vectors, comparing with all of them is as fast as a graph, exact, and needs no upkeep.
HNSW_FROM = 5_000
# Links a node (m) and candidates while linking (ef_construction): pgvector's defaults lose recall beyond
# 100,000 vectors.
HNSW_M, HNSW_EF_CONSTRUCTION = 16, 100
_FILES_AT_ONCE = 200
_UNITS_AT_ONCE = 512


def serving_index() -> VectorIndex | None:
    """The index that searches use, None before the first build."""
    # By a cursor, since Django's own queries need an answer before they go on, which a pipeline does not
    # give.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, identity, dimension, spec::text FROM codesearch_vectorindex WHERE state = %s",
            [VectorIndex.State.SERVING],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    key, identity, dimension, spec = row
    return VectorIndex(
        id=key, identity=identity, dimension=dimension, spec=json.loads(spec), state=VectorIndex.State.SERVING
    )


def encoder_of(index: VectorIndex) -> Encoder:
    """The encoder that made the index's vectors, on this process's device. Raises EncoderError."""
    encoder = load_encoder(EncoderSpec(**index.spec | {"device": settings.ENCODER["device"]}))
    if encoder.identity != index.identity:
        raise EncoderError(
            f"The model {index.spec['model']} was replaced;"
            " meaning is searched again once all code is encoded anew."
        )
    return encoder


def target_indexes() -> list[VectorIndex]:
    """Indexes that a build has to fill: the served one, and the configured encoder's if it is another."""
    configured = ensure_index()
    return [
        index
        for index in VectorIndex.objects.order_by("id")
        if index.pk == configured.pk or index.state == VectorIndex.State.SERVING
    ]


def ensure_index() -> VectorIndex:
    """The index of the configured encoder, made if there is none.

    The first one ever is served at once, a later one is filled first.
    """
    spec = configured_spec()
    encoder = load_encoder(spec)
    with transaction.atomic():
        connection.cursor().execute("SELECT pg_advisory_xact_lock(hashtext('codesearch.vectorindex'))")
        index = VectorIndex.objects.filter(identity=encoder.identity).first()
        if index is None:
            first = not VectorIndex.objects.exists()
            state = VectorIndex.State.SERVING if first else VectorIndex.State.FILLING
            index = VectorIndex.objects.create(
                identity=encoder.identity, dimension=encoder.dimension, spec=spec.as_dict(), state=state
            )
        elif index.spec != spec.as_dict():
            index.spec = spec.as_dict()
            index.save(update_fields=["spec"])
    return index


def fill(index: VectorIndex, repository_id: int | None, progress: Callable[[int, int], None]) -> int:
    """Encode the units without a vector, of one repository or of all, and return their number.

    What is done is committed in portions, so a run that was interrupted goes on where it stopped.
    """
    encoder = encoder_of(index)
    total = _count_missing(index, repository_id)
    done = 0
    progress(done, total)
    for units in _missing_units(index, repository_id):
        write_vectors(index, list(units), encode_units(encoder, list(units.values())))
        done += len(units)
        progress(min(done, total), total)
    return done


def encode_units(encoder: Encoder, units: Sequence[CodeUnit]) -> CodeVectors:
    """Vectors of units: by their structure where the encoder reads it, else by their text alone."""
    if isinstance(encoder, CodeEncoder):
        return encoder.encode_units(units)
    return CodeVectors(encoder.encode([dense_text(unit).text for unit in units]))


def write_vectors(index: VectorIndex, hashes: list[uuid.UUID], encoded: CodeVectors) -> None:
    """Store the vectors of texts; a vector that is there already stays."""
    token_embeddings: list[bytes | None] = [None] * len(hashes)
    if encoded.token_embeddings is not None:
        token_embeddings = [tokens.tobytes() for tokens in encoded.token_embeddings]
    connection.ensure_connection()
    # A cursor knows the types that its connection knew when it was made.
    register_vector(connection.connection)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE new_vector (text_hash uuid, vector halfvec, pieces bytea)")
        raw: Any = cursor
        with raw.copy("COPY new_vector FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "halfvec", "bytea"])
            for row in zip(hashes, map(HalfVector, encoded.vectors), token_embeddings, strict=True):
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO codesearch_vector (index_id, text_hash, vector, pieces)"
            " SELECT %s, text_hash, vector, pieces FROM new_vector ON CONFLICT DO NOTHING",
            [index.pk],
        )
        cursor.execute("DROP TABLE new_vector")


def read_vector(index: VectorIndex, text: uuid.UUID) -> Vectors | None:
    """Vector of a text, float32 [dimension], None if it has none in this index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT halfvec_send(vector) FROM codesearch_vector WHERE index_id = %s AND text_hash = %s",
            [index.pk, text],
        )
        row = cursor.fetchone()
    return from_binary([row[0]])[0] if row else None


def read_token_embeddings(index: VectorIndex, text: uuid.UUID) -> bytes | None:
    """Token embeddings of a text as they are stored, None if it has none in this index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pieces FROM codesearch_vector WHERE index_id = %s AND text_hash = %s", [index.pk, text]
        )
        row = cursor.fetchone()
    return bytes(row[0]) if row and row[0] is not None else None


def from_binary(vectors: Sequence[bytes]) -> Vectors:
    """Vectors, float32 [n, dimension], from PostgreSQL's binary form of halfvecs.

    That is two 16-bit counts, then big-endian half floats.

    >>> from_binary([bytes([0, 2, 0, 0, 0x3C, 0, 0xB8, 0])]).tolist()
    [[1.0, -0.5]]
    """
    rows = np.frombuffer(b"".join(vectors), dtype=">f2").reshape(len(vectors), -1)
    return np.asarray(rows[:, 2:], dtype=np.float32)


def ensure_hnsw(index: VectorIndex) -> None:
    """Build the index's HNSW graph once it pays; later vectors are added as they come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [index.hnsw_name])
        if cursor.fetchone() != (None,) or _count_vectors(index) < HNSW_FROM:
            return
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {index.hnsw_name} ON codesearch_vector"
            f" USING hnsw ((vector::halfvec({index.dimension})) halfvec_ip_ops)"
            f" WITH (m = {HNSW_M}, ef_construction = {HNSW_EF_CONSTRUCTION}) WHERE index_id = {index.pk}"
        )
        cursor.execute("ANALYZE codesearch_vector")


def switch_to(index: VectorIndex) -> None:
    """Serve `index`, which is complete, and drop the one before it."""
    with transaction.atomic():
        replaced = list(VectorIndex.objects.exclude(pk=index.pk))
        before = VectorIndex.objects.filter(pk__in=[old.pk for old in replaced])
        before.update(state=VectorIndex.State.FILLING)
        VectorIndex.objects.filter(pk=index.pk).update(state=VectorIndex.State.SERVING)
    for old in replaced:
        drop(old)


def drop(index: VectorIndex) -> None:
    """Remove an index with its vectors."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index.hnsw_name}")
        cursor.execute("DELETE FROM codesearch_vector WHERE index_id = %s", [index.pk])
        index.delete()


def drop_unused_vectors(hashes: list[uuid.UUID]) -> None:
    """Remove the vectors of those of the given texts that no unit has any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM codesearch_vector v WHERE v.text_hash = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM codesearch_unit u WHERE u.text_hash = v.text_hash)",
            [hashes],
        )


_MISSING = """
    FROM codesearch_unit u WHERE u.text_hash IS NOT NULL AND (%s::bigint IS NULL OR u.repository_id = %s)
    AND NOT EXISTS (SELECT FROM codesearch_vector v WHERE v.index_id = %s AND v.text_hash = u.text_hash)
"""


def _count_missing(index: VectorIndex, repository_id: int | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT u.text_hash) {_MISSING}", [repository_id, repository_id, index.pk]
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _count_vectors(index: VectorIndex) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM codesearch_vector WHERE index_id = %s", [index.pk])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _missing_units(index: VectorIndex, repository_id: int | None) -> Iterator[dict[uuid.UUID, CodeUnit]]:
    """Portions of the units whose text lacks a vector, parsed again from their files."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT u.file_id, u.text_hash {_MISSING}", [repository_id, repository_id, index.pk])
        missing: dict[int, set[uuid.UUID]] = {}
        for file_id, digest in cursor.fetchall():
            missing.setdefault(file_id, set()).add(digest)
    seen: set[uuid.UUID] = set()
    portion: dict[uuid.UUID, CodeUnit] = {}
    file_ids = sorted(missing)
    for start in range(0, len(file_ids), _FILES_AT_ONCE):
        for file_id, path, text in _contents(file_ids[start : start + _FILES_AT_ONCE]):
            for unit in parse_file(path, text).units:
                if not unit.encoded:
                    continue
                digest = text_hash(dense_text(unit).text)
                if digest in missing[file_id] and digest not in seen:
                    seen.add(digest)
                    portion[digest] = unit
        while len(portion) >= _UNITS_AT_ONCE:
            head = dict(list(portion.items())[:_UNITS_AT_ONCE])
            portion = dict(list(portion.items())[_UNITS_AT_ONCE:])
            yield head
    if portion:
        yield portion


def _contents(file_ids: list[int]) -> list[tuple[int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, f.path, b.text FROM codesearch_sourcefile f"
            " JOIN codesearch_blob b ON b.digest = f.blob_id WHERE f.id = ANY(%s)",
            [file_ids],
        )
        return list(cursor.fetchall())
