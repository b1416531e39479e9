"""`manage.py connect_database SOURCE`: add a database, or scan one anew, with a progress bar."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from kbqa.models import Database
from kbqa.services import databases as services
from searchapp.jobs.models import Job
from searchapp.jobs.running import run_to_end


class Command(BaseCommand):
    """Connect an SQLite file or a database server."""

    help = "Connect SOURCE: an SQLite file, or an address such as postgresql://user:password@host/database. Run again, it scans anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="file, or postgresql://, mysql:// or mariadb:// address")
        parser.add_argument("--name", default="", help="the database's name; by default the last part of the source")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the scan in this process and show its progress."""
        try:
            database, job = self._start(options["source"], options["name"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with tqdm(total=0, desc=job.title, unit="", bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}") as bar:
            job = run_to_end(job, lambda now: self._show(bar, now))
        if job.state != Job.State.SUCCEEDED:
            raise CommandError(job.error or f"The job was {job.state}.")
        database.refresh_from_db()
        if database.serving is not None:
            self.stdout.write(f"{database.slug}: {len(database.serving.schema['tables']):,} tables, {database.serving.cells:,} cell values.")

    def _start(self, source: str, name: str) -> tuple[Database, Job]:
        is_server = "://" in source
        location = "" if is_server else str(Path(source).expanduser().resolve())
        name = name or services.suggested_name(source if is_server else location)
        database = Database.objects.filter(name=name, deleting=False).first()
        kind = Database.SourceKind.URL if is_server else Database.SourceKind.FILE
        if database is None:
            return services.add_database(name=name, source_kind=kind, location=location, url=source if is_server else "")
        database.source_kind, database.location, database.url = kind, location, source if is_server else ""
        services.check_database(database)
        database.save()
        return database, services.scan_database(database)

    def _show(self, bar: "tqdm[Any]", job: Job) -> None:
        bar.set_description_str(job.message or job.title)
        bar.total, bar.n = job.total or None, job.done
        bar.refresh()
