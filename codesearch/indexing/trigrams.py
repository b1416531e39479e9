"""Signatures: which three bytes in a row a text has, so that most texts need not be read to find another.

A signature is a Bloom filter with one hash of the text's trigrams, capitals apart (signature files: Faloutsos
and Christodoulakis 1984; trigrams for code: Cox 2012). It is made in no time and kept beside the text, while
an index entry for each trigram (GIN) takes thirty times as long to write as the text itself; to compare the
signatures of all texts takes some milliseconds for each ten thousand.
"""

import numpy as np
from django.db import connection
from numpy.typing import NDArray

_FEWEST_BITS, _MOST_BITS = 1 << 9, 1 << 15
# A bit in eight to sixteen is set, up to the largest signature: what a page of PostgreSQL holds twice.
_BITS_A_TRIGRAM = 8
_FACTOR = np.uint32(2654435761)
_SHIFT = np.uint32(17)
_FILES_AT_ONCE = 500


def signature(text: str) -> bytes:
    """Signature of a text: 64 to 4,096 bytes, the more the longer it is."""
    has = np.zeros(_MOST_BITS, dtype=bool)
    has[_hashes(text)] = True
    wanted, bits = _BITS_A_TRIGRAM * int(np.count_nonzero(has)), _FEWEST_BITS
    while bits < min(wanted, _MOST_BITS):
        bits *= 2
    return np.packbits(has.reshape(-1, bits).any(axis=0), bitorder="little").tobytes()


def trigram_bits(text: str) -> list[int]:
    """The bits that the signature of whatever contains `text` has, were it of the largest size.

    In a smaller signature they are found modulo its size.

    >>> trigram_bits("ab"), len(trigram_bits("abcd"))
    ([], 2)
    """
    return sorted(set(_hashes(text).tolist()))


def fill_missing(repository_id: int) -> None:
    """Give signatures to the texts of a repository that were stored before there were any."""
    while rows := _without_signature(repository_id):
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE codesearch_blob SET trigrams = %s WHERE digest = %s",
                [(signature(text), digest) for digest, text in rows],
            )


def _without_signature(repository_id: int) -> list[tuple[bytes, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.digest, b.text FROM codesearch_blob b WHERE b.trigrams IS NULL AND b.digest IN"
            " (SELECT blob_id FROM codesearch_sourcefile WHERE repository_id = %s) LIMIT %s",
            [repository_id, _FILES_AT_ONCE],
        )
        return list(cursor.fetchall())


def _hashes(text: str) -> NDArray[np.uint32]:
    """Hash of each trigram, 15 bits, in order."""
    data = np.frombuffer(text.casefold().encode("utf-8", errors="replace"), dtype=np.uint8).astype(np.uint32)
    trigrams = (data[:-2] << np.uint32(16)) | (data[1:-1] << np.uint32(8)) | data[2:]
    hashes: NDArray[np.uint32] = (trigrams * _FACTOR) >> _SHIFT
    return hashes
