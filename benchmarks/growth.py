"""(b) Search at growing sizes: latency, recall against exact search; (d) bytes a unit."""

from pathlib import Path

from django.db import connection

from benchmarks.base import Options, Row, source_units, timed
from codesearch.evaluation.indexing import index_folder
from codesearch.evaluation.metrics import percentile
from codesearch.indexing.vectors import encoder_of, serving_index
from codesearch.models import Unit
from codesearch.retrieval import search
from codesearch.retrieval.conditions import SERVED, Conditions
from codesearch.retrieval.query import plain_query
from codesearch.retrieval.searching import DEPTH, nearest
from searchapp.throwaway import throwaway_database

_QUERIES = 200
_WARM_UPS = 20
_TABLES = ("codesearch_unit", "codesearch_vector", "codesearch_blob", "codesearch_sourcefile", "codesearch_word")


def run(options: Options) -> list[Row]:
    """Index the installed packages one by one, and measure whenever a size is reached."""
    packages = sorted(
        (each for each in options.sources.iterdir() if (each / "__init__.py").exists()), key=lambda each: (each.name != "django", each.name)
    )
    sizes = list(options.sizes)
    rows: list[Row] = []
    with throwaway_database():
        for package in packages:
            index_folder(_name(package), package)
            units = Unit.objects.count()
            if sizes and units >= sizes[0]:
                while sizes and units >= sizes[0]:
                    sizes.pop(0)
                rows += _measure(packages[0], units)
            if not sizes:
                break
    return rows


def _name(package: Path) -> str:
    """Return a repository's name; `_pytest` and `pytest` are two packages."""
    return f"private-{package.name.lstrip('_')}" if package.name.startswith("_") else package.name


def _measure(questions_from: Path, units: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    questions = _questions(questions_from)
    for question in questions[:_WARM_UPS]:
        search(plain_query(question))
    milliseconds = [1000 * timed(lambda question=question: search(plain_query(question)))[0] for question in questions[_WARM_UPS:]]  # type: ignore[misc]
    at = f"{units:,} units"
    return [
        Row("growth", f"search p50, {at}", round(percentile(milliseconds, 0.5), 2), "ms", "encoding of the query included"),
        Row("growth", f"search p95, {at}", round(percentile(milliseconds, 0.95), 2), "ms"),
        Row("growth", f"recall@10 against exact, {at}", round(_recall(questions), 4), ""),
        Row("growth", f"bytes a unit, {at}", round(_bytes() / units), "B"),
    ]


def _questions(folder: Path) -> list[str]:
    """Return first sentences of documentation: real questions in the length that people type."""
    found = (unit.documentation.split("\n", 1)[0] for unit in source_units(folder, 20_000))
    sentences = [sentence for sentence in dict.fromkeys(found) if 3 <= len(sentence.split()) <= 15]
    return sentences[:: max(1, len(sentences) // (_QUERIES + _WARM_UPS))][: _QUERIES + _WARM_UPS]


def _recall(questions: list[str]) -> float:
    """Return the share of the exact ten nearest units that the index finds among its first ten."""
    index = serving_index()
    assert index is not None
    everything = Conditions(SERVED)
    shares = []
    for vector in encoder_of(index).encode(questions):
        near = nearest(vector, index, everything, DEPTH)[:10]
        exact = nearest(vector, index, everything, DEPTH, exact=True)[:10]
        shares.append(len({each.id for each in near} & {each.id for each in exact}) / max(1, len(exact)))
    return sum(shares) / len(shares)


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(f'pg_total_relation_size({table!r})' for table in _TABLES)}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
