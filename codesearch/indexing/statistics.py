"""Numbers that a build brings up to date: counts by language, and in how many units each word occurs."""

from django.db import connection

from codesearch.models import Build, Repository, Unit

_PATHS_KEPT = 200


def apply_build(repository: Repository, build: Build) -> None:
    """Bring the counts of `repository` and `build`, and the word counts, from the served build to `build`.

    Runs inside the transaction that switches; only words of what changed are touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE since = %s), count(*) FILTER (WHERE until = %s),"
            " count(*) FILTER (WHERE until IS NULL)"
            " FROM codesearch_sourcefile WHERE repository_id = %s",
            [build.number, build.number, repository.pk],
        )
        build.added_files, build.removed_files, build.files = cursor.fetchone() or (0, 0, 0)
        build.changes = _changes(repository, build)
        before = repository.builds.filter(number=repository.serving).first()
        if before is not None and not build.added_files and not build.removed_files:
            build.languages, build.units, build.text_units = before.languages, before.units, before.text_units
            return
        cursor.execute(
            "SELECT language, count(*), sum(length), count(*) FILTER (WHERE kind = %s)"
            " FROM codesearch_unit WHERE repository_id = %s AND until IS NULL GROUP BY 1 ORDER BY 2 DESC, 1",
            [Unit.Kind.PASSAGE, repository.pk],
        )
        rows = cursor.fetchall()
        build.languages = {language: count for language, count, _, _ in rows}
        build.units = repository.units = sum(count for _, count, _, _ in rows)
        build.text_units = sum(passages for *_, passages in rows)
        repository.words = sum(int(length or 0) for _, _, length, _ in rows)
        count_words(repository.pk, f"since = {int(build.number)}", sign=1)
        count_words(repository.pk, f"until = {int(build.number)}", sign=-1)


def _changes(repository: Repository, build: Build) -> dict[str, dict[str, object]]:
    """The files that the build added, changed and removed: how many, and the first paths."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, bool_or(since = %s), bool_or(until = %s) FROM codesearch_sourcefile"
            " WHERE repository_id = %s AND (since = %s OR until = %s) GROUP BY path ORDER BY path",
            [build.number, build.number, repository.pk, build.number, build.number],
        )
        rows = cursor.fetchall()
    paths: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
    for path, is_new, is_gone in rows:
        paths["changed" if is_new and is_gone else "added" if is_new else "removed"].append(path)
    return {
        kind: {"count": len(found), "paths": found[:_PATHS_KEPT]} for kind, found in paths.items() if found
    }


def count_words(repository_id: int, condition: str, *, sign: int) -> None:
    """Add (`sign` 1) or take away (-1) the words of units that meet a condition on `since` and `until`."""
    units = f"SELECT lexemes FROM codesearch_unit WHERE repository_id = {int(repository_id)} AND {condition}"
    with connection.cursor() as cursor:
        # The order is fixed, so that two builds which finish together cannot wait for each other's rows.
        cursor.execute(
            "INSERT INTO codesearch_word (word, units) SELECT word, %s * ndoc FROM ts_stat(%s) ORDER BY word"
            " ON CONFLICT (word) DO UPDATE SET units = codesearch_word.units + excluded.units",
            [sign, units],
        )
        if sign < 0:
            cursor.execute("DELETE FROM codesearch_word WHERE units <= 0")


def refresh_planner(build: Build) -> None:
    """Let PostgreSQL's planner know of large changes at once, instead of when autovacuum comes by."""
    if (build.added_files + build.removed_files) * 10 >= build.files:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE codesearch_unit, codesearch_sourcefile, codesearch_word")
