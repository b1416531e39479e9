"""Source trees → pairs: parsed, filtered, near-duplicates removed, split by package.

Whatever occurs in an evaluation corpus is dropped, be it the same text or nearly so, and counted.
"""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from codesearch.parsing import parse_file
from codesearch.sources.filters import decode
from searchapp.errors import InvalidInput
from training.code_encoder.pairs import Pair, pair_of

if TYPE_CHECKING:
    from datasketch import MinHash

_Item = TypeVar("_Item")

LANGUAGES = {".py": "python", ".java": "java", ".js": "javascript", ".go": "go", ".php": "php", ".rb": "ruby"}
"""The six languages of CodeSearchNet, by the extension of their files."""

SPLITS = ("train", "valid", "test")
# Of a hundred packages: these many to valid and to test.
_VALID, _TEST = 4, 16
_MAX_BYTES = 400_000
# Of a package with more files, so many, evenly spread: a few generated interfaces to services hold as much
# code as all the rest.
_MAX_FILES = 400
_TEST_PATH = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|testdata|spec|specs|fixtures?|examples?"
    r"|vendor|node_modules|third_party|min)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\w+")
# Jaccard similarity of token sets from which two functions count as duplicates (Allamanis 2019, section 3).
_SIMILAR, _PERMUTATIONS = 0.8, 64


@dataclass
class MiningReport:
    """How many pairs were found, kept and left out, and why."""

    found: Counter[str] = field(default_factory=Counter)
    kept: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in SPLITS})
    left_out: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The counts for JSON."""
        return {
            "found": dict(self.found),
            "kept": {split: dict(sorted(counts.items())) for split, counts in self.kept.items()},
            "left_out": dict(self.left_out),
        }


@dataclass(frozen=True)
class Selection:
    """What is left out of training and validation, though it makes pairs; tests keep everything."""

    max_characters: int | None = None
    without_methods: frozenset[str] = frozenset()
    """Languages of which only functions outside of classes are kept."""

    def reason_against(self, pair: Pair) -> str | None:
        """Why the pair is not trained on; None where it is."""
        if self.max_characters and len(pair.code) > self.max_characters:
            return "long code, for training"
        return "method, for training" if pair.language in self.without_methods and "." in pair.name else None


def mine(
    packages: Sequence[Path],
    held_out: Iterable[str],
    max_per_package: int,
    selection: Selection,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> tuple[dict[str, list[Pair]], MiningReport]:
    """The pairs of each split. Every folder of `packages` is one package, whole in one split.

    `held_out` is the code of evaluation corpora.
    """
    report = MiningReport()
    filter_ = _DuplicateFilter(held_out)
    pairs: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    with ProcessPoolExecutor() as pool:
        for mined in progress(pool.map(package_pairs, packages, chunksize=4)):
            report.found.update(pair.language for pair in mined)
            chosen = _spread(mined, max_per_package)
            report.left_out["beyond the most of one package"] += len(mined) - len(chosen)
            for pair in chosen:
                split = split_of(pair.package)
                reason = filter_.reason_against(pair) or (
                    selection.reason_against(pair) if split != "test" else None
                )
                if reason:
                    report.left_out[reason] += 1
                    continue
                pairs[split].append(pair)
                report.kept[split][pair.language] += 1
    return pairs, report


def split_of(package: str) -> str:
    """The split of a package, by a hash of its name: it never depends on what else is mined."""
    share = int.from_bytes(blake2b(package.encode(), digest_size=4).digest()) % 100
    return "valid" if share < _VALID else "test" if share < _VALID + _TEST else "train"


def package_pairs(package: Path) -> list[Pair]:
    """The pairs of one package, in the order of its paths."""
    paths = {
        path.relative_to(package).as_posix(): path
        for path in sorted(package.rglob("*"))
        if path.suffix in LANGUAGES
    }
    wanted = [
        name
        for name, path in paths.items()
        if not _TEST_PATH.search(name) and path.is_file() and path.stat().st_size <= _MAX_BYTES
    ]
    return [
        pair for name in _spread(wanted, _MAX_FILES) for pair in _file_pairs(paths[name], name, package.name)
    ]


def _file_pairs(path: Path, name: str, package: str) -> list[Pair]:
    text = decode(path.read_bytes())
    units = parse_file(name, text).units if text is not None else []
    candidates = (pair_of(unit, LANGUAGES[path.suffix], package, name) for unit in units)
    return [pair for pair in candidates if pair is not None]


def write_pairs(folder: Path, pairs: dict[str, list[Pair]], report: MiningReport) -> None:
    """Write `<split>.jsonl.gz` and `report.json` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, split_pairs in pairs.items():
        with gzip.open(folder / f"{split}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(pair.as_dict())}\n" for pair in split_pairs)
    (folder / "report.json").write_text(json.dumps(report.as_dict(), indent=2) + "\n", encoding="utf-8")


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs that `write_pairs` wrote. Raises InvalidInput where they are missing or cannot be read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield Pair(**json.loads(line))
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {path}: make it with `manage.py mine_pairs`.") from error
    except (OSError, EOFError, zlib.error, TypeError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error


class _DuplicateFilter:
    """Refuses pairs that are in an evaluation corpus, or repeat the code or the documentation of another."""

    def __init__(self, held_out: Iterable[str]) -> None:
        from datasketch import MinHashLSH

        self._held_out = MinHashLSH(threshold=_SIMILAR, num_perm=_PERMUTATIONS)
        self._seen = MinHashLSH(threshold=_SIMILAR, num_perm=_PERMUTATIONS)
        self._queries: set[str] = set()
        for number, code in enumerate(held_out):
            self._held_out.insert(number, _minhash(code))
        self._count = 0

    def reason_against(self, pair: Pair) -> str | None:
        """Why the pair is left out; None where it is kept, and remembered."""
        query = " ".join(_TOKEN.findall(pair.query.lower()))
        if query in self._queries:
            return "same documentation"
        signature = _minhash(pair.code)
        if self._held_out.query(signature):
            return "in an evaluation corpus"
        if self._seen.query(signature):
            return "near-duplicate code"
        self._queries.add(query)
        self._seen.insert(self._count, signature)
        self._count += 1
        return None


def _minhash(code: str) -> "MinHash":
    from datasketch import MinHash

    signature = MinHash(num_perm=_PERMUTATIONS)
    signature.update_batch([token.encode() for token in set(_TOKEN.findall(code))] or [b""])
    return signature


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most `most` items, evenly over all."""
    step = max(1.0, len(items) / most)
    return [items[int(index * step)] for index in range(min(len(items), most))]
