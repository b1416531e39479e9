"""`manage.py evaluate_repositories`: how well questions about whole repositories are answered."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from codesearch.retrieval import Retriever
from evaluation.codesearch.repository_evaluation import evaluate_repositories, read_repository_queries
from evaluation.json_lines import write_rows
from searchapp.commands import SearchappCommand
from training.throwaway import throwaway_database


class Command(SearchappCommand):
    """Index repositories in a throw-away database, ask the questions, and print the measures."""

    help = "Score the search on questions about repositories; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--queries",
            type=Path,
            required=True,
            help="JSON lines {id, repository, query, category, relevant, secondary}",
        )
        parser.add_argument(
            "--sources", type=Path, required=True, help="a folder with one folder a repository"
        )
        parser.add_argument(
            "--retriever", choices=[str(retriever) for retriever in Retriever], default=str(Retriever.HYBRID)
        )
        parser.add_argument(
            "--run", type=Path, help="write the files evaluation as JSON lines {query_id, ranking}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the evaluation."""
        sources: Path = options["sources"]
        queries = read_repository_queries(options["queries"])
        missing = sorted({query.repository for query in queries if not (sources / query.repository).is_dir()})
        if missing:
            raise CommandError(f"{sources} has no folder for {', '.join(missing)}.")
        with throwaway_database():
            evaluation = evaluate_repositories(
                queries,
                sources.resolve(),
                retriever=Retriever(options["retriever"]),
                progress=lambda items: tqdm(items, desc="Searching", unit=" queries"),
            )
        if options["run"]:
            rows = ({"query_id": query, "ranking": ranking} for query, ranking in evaluation.rankings.items())
            write_rows(options["run"], rows)
        self.stdout.write(json.dumps(evaluation.measures))
