"""`manage.py index_code SOURCE`: add a repository, or bring one up to date, with a progress bar."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import CommandError

from codesearch import services
from codesearch.models import Build, Repository
from searchapp import sources
from searchapp.commands import SearchappCommand
from searchapp.jobs.models import Job
from searchapp.jobs.progress_bar import run_with_bar

_ARCHIVES = (".zip", ".tar.gz", ".tgz")


class Command(SearchappCommand):
    """Index a git address, a folder, or an archive."""

    help = (
        "Index SOURCE: a git address, a folder, or a .zip or .tar.gz file. "
        "Run again, it brings the index up to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="git address, folder, or archive")
        parser.add_argument(
            "--name", default="", help="the repository's name; by default the last part of the source"
        )
        parser.add_argument("--ref", default="", help="branch, tag or commit")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="turn one of that name from another kind of source into this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the build in this process and show its progress."""
        source: str = options["source"]
        name = options["name"] or services.suggested_name(source)
        repository, job = self._start(source, name, options["ref"], replace=options["replace"])
        run_with_bar(job)
        build = repository.builds.filter(state=Build.State.SERVING).first()
        if build is not None:
            self.stdout.write(
                f"{name}: {build.units:,} units in {build.files:,} files; "
                f"{build.added_files:,} files added or changed, {build.removed_files:,} replaced or removed, "
                f"{build.encoded_units:,} texts encoded."
            )

    def _start(self, source: str, name: str, ref: str, *, replace: bool) -> tuple[Repository, Job]:
        repository = Repository.objects.filter(name=name, deleting=False).first()
        if repository is not None:
            sources.check_kind(repository, self._kind(source), replace=replace)
        kind, location = self._source(source)
        if repository is None:
            return services.add_repository(
                name=name, source_kind=kind, location=location, ref=ref, trusted=True
            )
        repository.source_kind, repository.location = kind, location
        repository.ref = ref or repository.ref
        repository.trusted = True
        services.check_repository(repository)
        repository.save()
        return repository, services.index_repository(repository)

    def _kind(self, source: str) -> str:
        if "://" in source:
            return Repository.SourceKind.GIT
        return (
            Repository.SourceKind.FOLDER
            if Path(source).expanduser().is_dir()
            else Repository.SourceKind.ARCHIVE
        )

    def _source(self, source: str) -> tuple[str, str]:
        path = Path(source).expanduser()
        if "://" in source:
            return Repository.SourceKind.GIT, source
        if path.is_dir():
            return Repository.SourceKind.FOLDER, str(path.resolve())
        if path.is_file() and source.lower().endswith(_ARCHIVES):
            with path.open("rb") as file:
                upload = UploadedFile(file, path.name, size=path.stat().st_size)
                return Repository.SourceKind.ARCHIVE, services.store_archive(upload)
        raise CommandError(
            f"{source} is neither a folder, nor a .zip or .tar.gz file, nor an address with https://."
        )
