"""`evaluate_code`: a corpus of functions indexed as one repository and searched as the product does it."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesearch.indexing.vectors import encoder_of, serving_index
from codesearch.retrieval import Retriever, search
from codesearch.retrieval.query import plain_query
from evaluation.codesearch.indexing import index_folder
from evaluation.codesearch.metrics import ranking_measures
from training.code_encoder.corpora import Document, EvaluationQuery, file_name
from training.code_encoder.standalone import standalone, strip_docstrings

DEPTH = 300


@dataclass(frozen=True)
class CorpusEvaluation:
    """The measures, and the rankings that they were computed from (query id → document ids)."""

    measures: dict[str, Any]
    rankings: dict[str, list[str]]


def evaluate_corpus(
    documents: list[Document],
    queries: list[EvaluationQuery],
    *,
    retriever: Retriever,
    without_docstrings: bool = False,
    progress: Callable[[Iterable[EvaluationQuery]], Iterable[EvaluationQuery]] = iter,
) -> CorpusEvaluation:
    """Index the documents and rank them for each query. Runs inside `throwaway_database`."""
    ids = {file_name(document): document.id for document in documents}
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        for document in documents:
            code = document.code
            if without_docstrings and document.language == "python":
                code = strip_docstrings(code)
            text = standalone(code, document.language)
            Path(folder, file_name(document)).write_text(text, encoding="utf-8", errors="replace")
        index_folder("corpus", Path(folder))
    rankings = {query.id: _ranking(query.text, retriever, ids) for query in progress(queries)}
    measures: dict[str, Any] = ranking_measures({query.id: query.relevant for query in queries}, rankings)
    index = serving_index()
    identity = encoder_of(index).identity if index is not None else ""
    return CorpusEvaluation(
        measures | {"queries": len(queries), "corpus": len(documents), "encoder": identity}, rankings
    )


def _ranking(text: str, retriever: Retriever, ids: dict[str, str]) -> list[str]:
    """Document ids, each at its best unit's rank. Nothing in a benchmark's query is syntax."""
    result = search(plain_query(text), retriever=retriever, limit=2 * DEPTH, depth=DEPTH)
    return list(dict.fromkeys(ids[hit.candidate.path] for hit in result.hits if hit.candidate.path in ids))[
        :DEPTH
    ]
