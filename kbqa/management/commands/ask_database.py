"""`manage.py ask_database DATABASE QUESTION`: the rows, and the SQL behind them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from kbqa.sql.public import Database, services
from searchapp.commands import SearchappCommand

_SHOWN = 20


class Command(SearchappCommand):
    """Ask a database in words."""

    help = "Answer QUESTION from the database named DATABASE, and show the SQL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("database", help="the database's name in addresses")
        parser.add_argument("question")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="TABLE.COLUMN",
            help="make the answer of these columns only",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask and print."""
        database = _database(options["database"])
        answer, _ = services.ask(database, options["question"], columns=options["column"])
        best = answer.best
        if best is None or best.result is None:
            self.stdout.write(f"{answer.refusal} The nearest readings:")
            for reading in answer.readings:
                self.stdout.write(f"\n{reading.sql}")
            return
        if not answer.sure:
            self.stdout.write("I can read this as:")
            for number in answer.choices:
                reading = answer.readings[number]
                self.stdout.write(f"{100 * reading.probability:3.0f} %  {reading.words or reading.sql}")
            self.stdout.write("\nThe likeliest finds:")
        self.stdout.write(best.words)
        self.stdout.write("\t".join(best.result.columns))
        for row in best.result.rows[:_SHOWN]:
            self.stdout.write("\t".join("" if value is None else str(value) for value in row))
        if best.why:
            self.stdout.write(best.why)
        certainty = f"{100 * best.probability:.0f} % sure"
        self.stdout.write(f"\n{best.sql}\n\n{certainty}, {answer.milliseconds:.0f} ms")


def _database(slug: str) -> Database:
    """The database of a name in addresses. Raises CommandError, which lists those that there are."""
    databases = Database.objects.filter(deleting=False)
    database = databases.filter(slug=slug).first()
    if database is None:
        known = ", ".join(databases.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no database {slug}. There are: {known}.")
    return database
