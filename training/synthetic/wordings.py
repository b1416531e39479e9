"""Wordings of questions about synthetic graphs, from `wordings.yaml`."""

from collections.abc import Mapping
from pathlib import Path

import yaml


def read_wordings() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Wordings by the kind of question and their name there."""
    stored = yaml.safe_load((Path(__file__).parent / "wordings.yaml").read_text(encoding="utf-8"))
    return {
        kind: {name: tuple(wordings) for name, wordings in by_name.items()}
        for kind, by_name in stored.items()
    }


WORDINGS = read_wordings()


def wordings(kind: str, name: str = "any") -> tuple[str, ...]:
    """The wordings of a kind of question that are stored under a name."""
    return WORDINGS[kind][name]
