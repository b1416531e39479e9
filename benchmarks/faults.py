"""What went wrong, kept with the exact input, so that it can be done again."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "results" / "faults"
_MOST_OF_A_KIND = 50


class Faults:
    """Faults by kind: all are counted, the first of each written to `results/faults/BENCHMARK.jsonl`."""

    def __init__(self, benchmark: str) -> None:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        self._path = _FOLDER / f"{benchmark}.jsonl"
        self._path.write_text("", encoding="utf-8")
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __getitem__(self, kind: str) -> int:
        """How many there were of a kind."""
        return self._counts[kind]

    def counts(self) -> Counter[str]:
        """How many there were of each kind."""
        return self._counts.copy()

    def add(self, kind: str, /, **fields: Any) -> None:
        """Note one, with its input and what was answered."""
        with self._lock:
            self._counts[kind] += 1
            if self._counts[kind] <= _MOST_OF_A_KIND:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"fault": kind, **fields}, default=repr) + "\n")
