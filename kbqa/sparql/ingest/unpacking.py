"""Packed files: which packing it is, by the first bytes, and what is inside as a stream of bounded memory."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kbqa.sparql.ingest.first_bytes import Begun, LoadError

PACKINGS = (".gz", ".gzip", ".bz2", ".xz", ".zip")
"""The endings of packed files' names."""
ZIP_TYPES = ("application/zip", "application/x-zip-compressed")
_MOST_FILES = 1_000
_XZ_MEMORY = 128 * 1024 * 1024
"""What unpacking may take: twice that of the packer's highest level. A file may ask for gigabytes."""
_PORTION = 1 << 16
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


@contextmanager
def unpacked(raw: IO[bytes], path: Path, most: int) -> Iterator[tuple[Begun, str]]:
    """What a file holds once it is unpacked, of at most `most` bytes, and the name of a file in an archive.

    Raises LoadError, also while the block reads.
    """
    try:
        begins = raw.read(6)
        raw.seek(0)
        stream, name = next((make for magic, make in _OPENERS.items() if begins.startswith(magic)), _plain)(
            raw, most
        )
        with stream:
            yield Begun(stream), name
    except (*_DAMAGED, OSError) as error:
        raise LoadError(f"{path.name} cannot be read to its end: {error}") from error


def _plain(raw: IO[bytes], most: int) -> tuple[IO[bytes], str]:
    return raw, ""


def _gzip(raw: IO[bytes], most: int) -> tuple[IO[bytes], str]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=raw)), ""


def _bz2(raw: IO[bytes], most: int) -> tuple[IO[bytes], str]:
    return cast(IO[bytes], bz2.BZ2File(raw)), ""


def _xz(raw: IO[bytes], most: int) -> tuple[IO[bytes], str]:
    return io.BufferedReader(_Xz(raw)), ""


def _zip(raw: IO[bytes], most: int) -> tuple[IO[bytes], str]:
    """The one file of an archive, beside what systems put there of their own."""
    archive = zipfile.ZipFile(raw)
    files = [each for each in archive.infolist() if not each.is_dir() and not _is_of_system(each.filename)]
    if len(files) != 1 or len(archive.infolist()) > _MOST_FILES:
        raise LoadError(f"The archive holds {len(files):,} files. It must hold one RDF file, and no other.")
    [member] = files
    if member.file_size > most:
        raise LoadError(f"The file is larger than {most:,} bytes when it is unpacked.")
    if member.flag_bits & 1:
        raise LoadError("The archive is encrypted; make one without a password.")
    return archive.open(member), member.filename


def _is_of_system(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".")


_OPENERS: dict[bytes, Callable[[IO[bytes], int], tuple[IO[bytes], str]]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bz2,
    b"\xfd7zXZ\x00": _xz,
    b"PK\x03\x04": _zip,
    b"PK\x05\x06": _zip,
}


class _Xz(io.RawIOBase):
    """Unpacks .xz within bounds of memory, which the library's own file object has none of."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._packed = raw, b""
        self._unpacker = self._new()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Some bytes; none at the end. Raises EOFError, LZMAError."""
        while True:
            if self._unpacker.eof:
                self._packed = self._unpacker.unused_data.lstrip(b"\0") or self._raw.read(_PORTION)
                if not self._packed:
                    return 0
                self._unpacker = self._new()
            elif not self._packed and self._unpacker.needs_input:
                self._packed = self._raw.read(_PORTION)
                if not self._packed:
                    raise EOFError("it ends too early")
            data = self._unpacker.decompress(self._packed, max_length=len(buffer))
            self._packed = b""
            if data:
                buffer[: len(data)] = data
                return len(data)

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
