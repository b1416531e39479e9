"""`manage.py connect_database SOURCE`: add a database, or scan one anew, with a progress bar."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbqa.sql.public import Database, Trial, services
from searchapp import sources
from searchapp.commands import SearchappCommand
from searchapp.jobs.models import Job
from searchapp.jobs.progress_bar import run_with_bar


class Command(SearchappCommand):
    """Connect an SQLite file or a database server."""

    help = (
        "Connect SOURCE: an SQLite file, or an address such as postgresql://user:password@host/database. "
        "Run again, it scans anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", help="file, or postgresql://, mysql:// or mariadb:// address")
        parser.add_argument(
            "--name", default="", help="the database's name; by default the last part of the source"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="turn one of that name from another kind of source into this",
        )

        parser.add_argument(
            "--schema",
            action="append",
            default=[],
            dest="schemas",
            help="of PostgreSQL: a schema that is read; may be given several times",
        )
        parser.add_argument(
            "--unreachable", action="store_true", help="keep a server that cannot be connected to now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the scan in this process and show its progress."""
        trial = Trial(connects=not options["unreachable"])
        database, job = self._start(options["source"], options, trial)
        run_with_bar(job)
        database.refresh_from_db()
        if database.serving is not None:
            self.stdout.write(
                f"{database.slug}: {len(database.serving.schema['tables']):,} tables, "
                f"{database.serving.cells:,} cell values."
            )

    def _start(self, source: str, options: Mapping[str, Any], trial: Trial) -> tuple[Database, Job]:
        if "://" in source:
            kind, location, url = Database.SourceKind.URL, "", source
        else:
            kind, location, url = Database.SourceKind.FILE, str(Path(source).expanduser().resolve()), ""
        name, schemas = options["name"] or services.suggested_name(url or location), options["schemas"]
        database = Database.objects.filter(name=name, deleting=False).first()
        if database is None:
            return services.add_database(
                name=name, source_kind=kind, location=location, url=url, schemas=schemas, trial=trial
            )
        sources.check_kind(database, kind, replace=options["replace"])
        database.source_kind, database.location, database.url = kind, location, url
        database.schemas = schemas or database.schemas
        services.check_database(database, trial)
        database.save()
        return database, services.scan_database(database)
