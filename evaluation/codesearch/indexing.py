"""Indexing a folder as the product does, in this process."""

from pathlib import Path

from codesearch import services
from codesearch.models import Repository
from searchapp.jobs.foreground import run_to_end
from searchapp.jobs.models import Job


def index_folder(name: str, folder: Path) -> Repository:
    """The folder, added as a repository and built. Raises RuntimeError with the job's error."""
    repository, job = services.add_repository(
        name=name, source_kind=Repository.SourceKind.FOLDER, location=str(folder), trusted=True
    )
    ended = run_to_end(job, lambda now: None)
    if ended.state != Job.State.SUCCEEDED:
        raise RuntimeError(f"{name} could not be indexed: {ended.error}")
    return Repository.objects.get(pk=repository.pk)
