"""Jobs beside the builds: deleting a repository, and moving to another encoder."""

import shutil

from django.db import connection, transaction

from codesearch.indexing import build, statistics, vectors
from codesearch.models import Repository
from codesearch.sources.registry import archive_path, git_store
from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.jobs.models import Job


def delete_repository(context: JobContext) -> None:
    """Remove a repository, which searches no longer see, with all that belongs to it alone."""
    repository = build.LIFECYCLE.deleted_or_not(context)
    if repository is None:
        return
    # A build that is being cancelled stops at its next step.
    if (
        Job.objects.filter(subject=repository.subject, state__in=Job.ACTIVE)
        .exclude(pk=context.job.pk)
        .exists()
    ):
        raise JobError("a build of the repository is still stopping", transient=True)
    store, location, kind = git_store(repository), repository.location, repository.source_kind
    with transaction.atomic(), connection.cursor() as cursor:
        statistics.count_words(repository.pk, f"since <= {repository.serving}", sign=-1)
        cursor.execute(
            "DELETE FROM codesearch_unit WHERE repository_id = %s RETURNING text_hash", [repository.pk]
        )
        hashes = [row[0] for row in cursor.fetchall()]
        repository.delete()
    vectors.drop_unused_vectors(hashes)
    build.remove_orphans()
    shutil.rmtree(store, ignore_errors=True)
    if kind == Repository.SourceKind.ARCHIVE:
        archive_path(location).unlink(missing_ok=True)


def switch_encoder(context: JobContext) -> None:
    """Encode everything with the configured encoder, and serve its index once that is complete."""
    index = vectors.ensure_index()
    vectors.fill(
        index,
        None,
        lambda done, total: context.progress(done, total, f"Encoding {done:,} of {total:,} units"),
    )
    context.progress(1, 1, "Building the vector index")
    vectors.ensure_hnsw(index)
    vectors.switch_to(index)
