"""(b) Search at growing sizes: latency, recall against exact search; (d) bytes a unit."""

from pathlib import Path

from django.db import connection
from django.db.models.functions import Length

from benchmarks.base import Options, Row, source_units, timed
from codesearch.indexing.vectors import encoder_of, serving_index
from codesearch.models import Unit, VectorIndex, Word
from codesearch.retrieval import search
from codesearch.retrieval.filters import served
from codesearch.retrieval.pipeline import DEPTH, forget_encoded, nearest
from codesearch.retrieval.query import Query, plain_query
from evaluation.codesearch.indexing import index_folder
from evaluation.codesearch.metrics import percentile
from searchapp.encoders.base import Vectors
from training.throwaway import throwaway_database

_QUERIES, _TEXTS = 200, 40
_TABLES = (
    "codesearch_unit",
    "codesearch_vector",
    "codesearch_blob",
    "codesearch_sourcefile",
    "codesearch_word",
)


def run(options: Options) -> list[Row]:
    """Index the installed packages one by one, and measure whenever a size is reached."""
    packages = sorted(
        (folder for folder in options.sources.iterdir() if (folder / "__init__.py").exists()),
        key=lambda folder: (folder.name != "django", folder.name),
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
    """A repository's name; `_pytest` and `pytest` are two packages."""
    return f"private-{package.name.lstrip('_')}" if package.name.startswith("_") else package.name


def _measure(questions_from: Path, units: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    questions = _questions(questions_from)
    first, warm = ([_milliseconds(plain_query(question)) for question in questions] for _ in range(2))
    common = [_milliseconds(plain_query(word)) for word in _common_words()]
    quoted = [_milliseconds(f'"{text}"') for text in _texts(questions_from)]
    at = f"{units:,} units"
    return [
        *_times("search", at, warm, 2, "warm: asked a second time; encoding included"),
        Row("growth", f"search p50, first time, {at}", round(percentile(first, 0.5), 2), "ms"),
        *_times("one common word", at, common, 1, "the most common words of four letters and more"),
        *_times("text in quotes", at, quoted, 1, "the longest line of a unit, without its ends"),
        Row("growth", f"recall@10 against exact, {at}", round(_recall(questions), 4), ""),
        Row("growth", f"bytes a unit, {at}", round(_bytes() / units), "B"),
    ]


def _times(what: str, at: str, milliseconds: list[float], digits: int, note: str) -> list[Row]:
    """The median and the 95th percentile of how long searches took."""
    p50, p95 = (round(percentile(milliseconds, share), digits) for share in (0.5, 0.95))
    return [
        Row("growth", f"{what} p50, {at}", p50, "ms", note),
        Row("growth", f"{what} p95, {at}", p95, "ms"),
    ]


def _milliseconds(query: str | Query) -> float:
    """Measure one search, the encoding of the question included."""
    forget_encoded()
    return 1000 * timed(lambda: search(query))[0]


def _questions(folder: Path) -> list[str]:
    """First sentences of documentation, as long as the questions that people type."""
    firsts = (unit.documentation.split("\n", 1)[0] for unit in source_units(folder, 20_000))
    sentences = [sentence for sentence in dict.fromkeys(firsts) if 3 <= len(sentence.split()) <= 15]
    return sentences[:: max(1, len(sentences) // _QUERIES)][:_QUERIES]


def _common_words() -> list[str]:
    words = Word.objects.annotate(letters=Length("word")).filter(letters__gte=4).order_by("-units", "word")
    return list(words.values_list("word", flat=True)[:_TEXTS])


def _texts(folder: Path) -> list[str]:
    """Parts of lines of code, as people quote them: they begin and end within words."""
    longest = (max(unit.code.splitlines(), key=len).strip()[1:-1] for unit in source_units(folder, 20_000))
    texts = [text for text in dict.fromkeys(longest) if 20 <= len(text) <= 80 and '"' not in text]
    return texts[:: max(1, len(texts) // _TEXTS)][:_TEXTS]


def _recall(questions: list[str]) -> float:
    """The share of the exact ten nearest units that the index finds among its first ten."""
    index = serving_index()
    assert index is not None
    shares = []
    for vector in encoder_of(index).encode(questions):
        near, exact = (_nearest_ten(vector, index, exact=exact) for exact in (False, True))
        shares.append(len(near & exact) / max(1, len(exact)))
    return sum(shares) / len(shares)


def _nearest_ten(vector: Vectors, index: VectorIndex, *, exact: bool) -> set[int]:
    # Ordered by the cosine alone: what else counts in the product's order depends on what was found besides.
    candidates = nearest(vector, index, served(), DEPTH, exact=exact)
    return {
        candidate.id for candidate in sorted(candidates, key=lambda candidate: -(candidate.dense or 0.0))[:10]
    }


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(f'pg_total_relation_size({table!r})' for table in _TABLES)}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
