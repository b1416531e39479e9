"""A build of a repository in three stages: read, encode, publish. Each may be interrupted and run again.

`read` writes what is new and closes what is gone, all under the number of the build and therefore unseen;
`encode` gives every new text its vector; `publish` makes the number the served one, in one transaction, and
clears away the old.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction

from codesearch.indexing import statistics, vectors
from codesearch.indexing.rows import NewFile, write_files
from codesearch.models import Build, Repository, Unit
from codesearch.parsing import language_of, parse_file
from codesearch.sources import Entry, LeftOut, SourceError, open_source
from codesearch.sources.base import Reason, git_digest
from codesearch.sources.filters import decode, reason_by_path, reason_by_text
from searchapp.jobs.context import JobContext
from searchapp.sharing.graph_sources import published
from searchapp.versions import Lifecycle

_FILES_AT_ONCE = 100


@dataclass
class _Reading:
    """What the reading of a source has found so far."""

    known: dict[str, bytes]
    """Path → digest of the files that the build has: those unchanged, and those written before a crash."""
    seen: set[str] = field(default_factory=set)
    partly_parsed: int = 0


def read(context: JobContext) -> None:
    """Stage one: compare the source with the served build and write the difference."""
    repository = LIFECYCLE.source_of(context)
    build = LIFECYCLE.open_or_resume(repository)
    snapshot = open_source(repository, context.check_cancelled)
    served, written = _digests(repository, build)
    # Built afresh, the served files count as unknown: each is parsed again and replaces itself.
    reading = _Reading(written if context.job.arguments.get("afresh") else served | written)
    for files in _portions(_new_files(snapshot.entries, snapshot.left_out, reading, context)):
        write_files(repository, build.number, files)
    _close_missing(repository, build.number, served, reading.seen)
    build.left_out = snapshot.left_out.as_dict()
    build.revision = snapshot.revision
    build.partly_parsed = reading.partly_parsed
    build.save(update_fields=["left_out", "revision", "partly_parsed"])


def encode(context: JobContext) -> None:
    """Stage two: vectors for the new texts, in the served index and in one that is being filled beside it."""
    repository = LIFECYCLE.source_of(context)
    build = LIFECYCLE.current(repository)
    if not Unit.objects.filter(repository=repository, since=build.number).exists():
        return
    for index in vectors.target_indexes():
        build.encoded_units += vectors.fill(
            index,
            repository.pk,
            lambda done, total: context.progress(done, total, f"Encoding {done:,} of {total:,} units"),
        )
        build.save(update_fields=["encoded_units"])
        context.progress(1, 1, "Building the vector index")
        vectors.ensure_hnsw(index)


def publish(context: JobContext) -> None:
    """Stage three: serve the build, in one step, and clear away what no build needs."""
    repository = LIFECYCLE.source_of(context)
    build = LIFECYCLE.current(repository)
    context.progress(0, 1, "Switching to the new version")
    LIFECYCLE.publish(repository, build, statistics.apply_build)
    context.progress(1, 1, f"{build.units:,} units in {build.files:,} files")


def undo(build: Build) -> None:
    """Remove the rows that a build added and reopen those that it closed."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("codesearch_unit", "codesearch_sourcefile"):
            cursor.execute(
                f"DELETE FROM {table} WHERE repository_id = %s AND since = %s",
                [build.repository_id, build.number],
            )
            cursor.execute(
                f"UPDATE {table} SET until = NULL WHERE repository_id = %s AND until = %s",
                [build.repository_id, build.number],
            )
    remove_orphans()


def _clear(repository: Repository, build: Build, _: Sequence[Build], __: Sequence[Build]) -> None:
    """Remove what the build has left behind: of rows, every build shares those that did not change."""
    remove_closed(repository.pk, build.number)
    if build.added_files + build.removed_files:
        statistics.refresh_planner(build)
    published.send(Repository, kind="repository", location=repository.name)


LIFECYCLE = Lifecycle(
    Repository, Build, lost="The build's rows are gone; start a new build.", forget=undo, clear=_clear
)
abandon = LIFECYCLE.abandon


def remove_closed(repository_id: int, serving: int) -> None:
    """Remove the rows that the served build has left behind, with vectors and contents that only they had."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM codesearch_unit WHERE repository_id = %s AND until <= %s RETURNING text_hash",
            [repository_id, serving],
        )
        hashes = [digest for (digest,) in cursor.fetchall() if digest is not None]
        cursor.execute(
            "DELETE FROM codesearch_sourcefile WHERE repository_id = %s AND until <= %s",
            [repository_id, serving],
        )
        closed = cursor.rowcount
    if hashes:
        vectors.drop_unused_vectors(hashes)
    if closed:
        remove_orphans()


def remove_orphans() -> None:
    """Remove the contents that no file has any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM codesearch_blob b WHERE NOT EXISTS"
            " (SELECT FROM codesearch_sourcefile f WHERE f.blob_id = b.digest)"
        )


def _digests(repository: Repository, build: Build) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Path → digest of the files of the served build, and of those this build has written already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, blob_id, since FROM codesearch_sourcefile WHERE repository_id = %s", [repository.pk]
        )
        rows = cursor.fetchall()
    served = {path: bytes(digest) for path, digest, since in rows if since <= repository.serving}
    return served, {path: bytes(digest) for path, digest, since in rows if since == build.number}


def _new_files(
    entries: Iterable[Entry], left_out: LeftOut, reading: _Reading, context: JobContext
) -> Iterator[NewFile]:
    for count, entry in enumerate(entries, 1):
        if count > settings.SOURCE_MAX_FILES:
            raise SourceError(
                f"The source has more than {settings.SOURCE_MAX_FILES:,} files; exclude some, "
                "or raise SOURCE_MAX_FILES."
            )
        context.progress(count, 0, f"Reading {count:,} files")
        reason = reason_by_path(entry.path, entry.size, settings.SOURCE_MAX_FILE_BYTES, _is_supported)
        if reason is not None:
            left_out.add(reason, entry.path)
            continue
        if entry.digest is not None and reading.known.get(entry.path) == entry.digest:
            reading.seen.add(entry.path)
            continue
        file = _read_file(entry, left_out, reading)
        if file is not None:
            yield file


def _is_supported(path: str) -> bool:
    return language_of(path) is not None


def _read_file(entry: Entry, left_out: LeftOut, reading: _Reading) -> NewFile | None:
    try:
        content = entry.read()
    except OSError:
        left_out.add(Reason.UNREADABLE, entry.path)
        return None
    digest = git_digest(content)
    if reading.known.get(entry.path) == digest:
        reading.seen.add(entry.path)
        return None
    text = decode(content)
    reason = Reason.BINARY if text is None else reason_by_text(text)
    if text is None or reason is not None:
        left_out.add(reason or Reason.BINARY, entry.path)
        return None
    parsed = parse_file(entry.path, text)
    reading.partly_parsed += not parsed.sound
    reading.seen.add(entry.path)
    return NewFile(entry.path[:1000], digest, text, parsed)


def _portions(files: Iterator[NewFile]) -> Iterator[list[NewFile]]:
    portion: list[NewFile] = []
    for file in files:
        portion.append(file)
        if len(portion) == _FILES_AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _close_missing(repository: Repository, number: int, served: dict[str, bytes], seen: set[str]) -> None:
    """Close the served files that are gone or were written anew by this build."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT path FROM codesearch_sourcefile WHERE repository_id = %s AND since = %s",
            [repository.pk, number],
        )
        replaced = {row[0] for row in cursor.fetchall()}
        closed = [path for path in served if path not in seen or path in replaced]
        if not closed:
            return
        cursor.execute(
            "UPDATE codesearch_sourcefile SET until = %s WHERE repository_id = %s AND since <= %s"
            " AND until IS NULL AND path = ANY(%s) RETURNING id",
            [number, repository.pk, repository.serving, closed],
        )
        file_ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE codesearch_unit SET until = %s WHERE file_id = ANY(%s)", [number, file_ids])
