"""`manage.py evaluate_code`: how well functions are evaluation, as CodeSearchNet and CosQA measure it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tqdm import tqdm

from codesearch.retrieval import Retriever
from evaluation.codesearch.corpus_evaluation import evaluate_corpus
from evaluation.json_lines import write_rows
from searchapp.commands import SearchappCommand
from training.code_encoder.corpora import read_documents, read_queries
from training.throwaway import throwaway_database


class Command(SearchappCommand):
    """Index a corpus in a throw-away database, search it, and print the measures."""

    help = "Score the search on a corpus with judged queries; the last line is one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--corpus", type=Path, required=True, help="JSON lines {id, language, code}")
        parser.add_argument(
            "--queries", type=Path, required=True, help="JSON lines {id, text, relevant: {id: grade}}"
        )
        parser.add_argument(
            "--retriever", choices=[str(retriever) for retriever in Retriever], default=str(Retriever.HYBRID)
        )
        parser.add_argument(
            "--strip-docstrings",
            action="store_true",
            help="remove documentation strings from the corpus first",
        )
        parser.add_argument("--limit", type=int, help="only the first N queries")
        parser.add_argument("--run", type=Path, help="write the rankings as JSON lines {query_id, ranking}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the evaluation."""
        documents = read_documents(options["corpus"])
        queries = read_queries(options["queries"])[: options["limit"]]
        with throwaway_database():
            evaluation = evaluate_corpus(
                documents,
                queries,
                retriever=Retriever(options["retriever"]),
                without_docstrings=options["strip_docstrings"],
                progress=lambda items: tqdm(items, desc="Searching", unit=" queries"),
            )
        if options["run"]:
            rows = ({"query_id": query, "ranking": ranking} for query, ranking in evaluation.rankings.items())
            write_rows(options["run"], rows)
        self.stdout.write(json.dumps(evaluation.measures))
