"""(c) CosQA dev: lexical beside bm25s, dense, hybrid. Needs the data set: `--cosqa DIR`."""

from benchmarks.base import Options, Row
from codesearch.retrieval import Retriever
from evaluation.codesearch.corpus_evaluation import DEPTH, evaluate_corpus
from evaluation.codesearch.metrics import ranking_measures
from training.code_encoder.corpora import Document, EvaluationQuery, read_documents, read_queries
from training.code_encoder.standalone import strip_docstrings
from training.throwaway import throwaway_database


def run(options: Options) -> list[Row]:
    """Score every retriever with and without documentation strings."""
    if options.cosqa is None:
        return [Row("quality", "CosQA dev was not given (--cosqa DIR)", 0.0, "")]
    documents = read_documents(options.cosqa / "corpus.jsonl")
    queries = read_queries(options.cosqa / "queries-dev.jsonl")
    rows = []
    for stripped in (False, True):
        with_or_without = "docstrings removed" if stripped else "code as given"
        rows.append(Row("quality", f"MRR bm25s, {with_or_without}", _bm25s(documents, queries, stripped), ""))
        for retriever in Retriever:
            with throwaway_database():
                evaluation = evaluate_corpus(
                    documents, queries, retriever=retriever, without_docstrings=stripped
                )
            rows.append(Row("quality", f"MRR {retriever}, {with_or_without}", evaluation.measures["mrr"], ""))
    return rows


def _bm25s(documents: list[Document], queries: list[EvaluationQuery], stripped: bool) -> float:
    """MRR of bm25s with its own tokeniser and stop words, as its users run it."""
    import bm25s

    texts = [strip_docstrings(document.code) if stripped else document.code for document in documents]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    rankings = {}
    for query in queries:
        tokens = bm25s.tokenize(query.text, stopwords="en", show_progress=False)
        retrieved, _ = index.retrieve(tokens, k=DEPTH, show_progress=False)
        rankings[query.id] = [documents[position].id for position in retrieved[0]]
    return ranking_measures({query.id: query.relevant for query in queries}, rankings)["mrr"]
