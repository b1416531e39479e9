"""`manage.py index_code SOURCE`: add a repository, or bring one up to date, with a progress bar."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import CommandError

from codesearch import services
from codesearch.models import Build, Repository
from codesearch.sources import is_git_address
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
            "--token-file",
            default="",
            metavar="FILE",
            help="file with the token for a private repository, or - to read it from standard input",
        )
        parser.add_argument(
            "--exclude",
            action="append",
            metavar="PATTERN",
            help="leave out what a pattern as in .gitignore names; may be given several times, and takes the"
            " place of the patterns before",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="turn one of that name from another kind of source into this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the build in this process and show its progress."""
        source: str = options["source"]
        name = options["name"] or services.suggested_name(source)
        given: dict[str, Any] = {"ref": options["ref"], "token": self._token(options["token_file"])}
        if options["exclude"]:
            given["excludes"] = "\n".join(options["exclude"])
        repository, job = self._start(source, name, given, replace=options["replace"])
        run_with_bar(job)
        build = repository.builds.filter(state=Build.State.SERVING).first()
        if build is not None:
            self.stdout.write(
                f"{name}: {build.units:,} units in {build.files:,} files; "
                f"{build.added_files:,} files added or changed, {build.removed_files:,} replaced or removed, "
                f"{build.encoded_units:,} texts encoded."
            )

    def _start(
        self, source: str, name: str, given: dict[str, Any], *, replace: bool
    ) -> tuple[Repository, Job]:
        repository = Repository.objects.filter(name=name, deleting=False).first()
        if repository is not None:
            sources.check_kind(repository, self._kind(source), replace=replace)
        kind, location = self._source(source)
        if repository is None:
            return services.add_repository(
                name=name, source_kind=kind, location=location, trusted=True, **given
            )
        repository.source_kind, repository.location = kind, location
        for field, value in given.items():
            setattr(repository, field, value or getattr(repository, field))
        repository.trusted = True
        services.check_repository(repository)
        repository.save()
        return repository, services.index_repository(repository)

    def _token(self, file: str) -> str:
        # Not as an argument: the list of processes shows those to everyone.
        if not file:
            return ""
        try:
            return (sys.stdin.read() if file == "-" else Path(file).expanduser().read_text()).strip()
        except OSError as error:
            raise CommandError(f"The token cannot be read: {error}") from error

    def _kind(self, source: str) -> str:
        if is_git_address(source):
            return Repository.SourceKind.GIT
        return (
            Repository.SourceKind.FOLDER
            if Path(source).expanduser().is_dir()
            else Repository.SourceKind.ARCHIVE
        )

    def _source(self, source: str) -> tuple[str, str]:
        path = Path(source).expanduser()
        if is_git_address(source):
            return Repository.SourceKind.GIT, source
        if path.is_dir():
            return Repository.SourceKind.FOLDER, str(path.resolve())
        if path.is_file() and source.lower().endswith(_ARCHIVES):
            with path.open("rb") as file:
                upload = UploadedFile(file, path.name, size=path.stat().st_size)
                return Repository.SourceKind.ARCHIVE, services.store_archive(upload)
        raise CommandError(
            f"{source} is neither a folder, nor a .zip or .tar.gz file, nor an address with https:// or ssh://."
        )
