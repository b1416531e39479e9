"""Reading settings from the environment.

A secret `NAME` may also be given as `NAME_FILE`, the path of a file that holds it (Docker and Kubernetes
secrets). What is wrong is collected in `problems`, which a system check reports with a hint, so that a
mistake in the environment is a sentence and never a stack trace.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

problems: list[tuple[str, str]] = []
"""(what is wrong, what to do), in the order found."""


def text(name: str, default: str = "") -> str:
    """The variable `name`, or `default` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def secret(name: str, *, required: bool = False) -> str:
    """The secret `name`, or the content of the file that `name_FILE` names; empty if neither is set."""
    path = text(f"{name}_FILE")
    value = text(name)
    if path and not value:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            problems.append((f"{name}_FILE cannot be read: {error}.", "Point it to a readable file."))
    if required and not value:
        problems.append((f"{name} is not set.", f"Set {name}, or {name}_FILE to a file that holds it."))
    return value


def _parsed(name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
    value = text(name)
    if not value:
        return default
    try:
        return parse(value)
    except ValueError:
        problems.append(
            (f"{name}={value!r} is not {expected}.", f"Set {name} to {expected}, or leave it out.")
        )
        return default


def integer(name: str, default: int) -> int:
    """The variable `name` as a whole number."""
    return _parsed(name, default, int, "a whole number")


def boolean(name: str, default: bool) -> bool:
    """The variable `name` as a yes/no value."""
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }

    def parse(value: str) -> bool:
        try:
            return words[value.lower()]
        except KeyError:
            raise ValueError(value) from None

    return _parsed(name, default, parse, "true or false")


def listing(name: str, default: list[str] | None = None) -> list[str]:
    """The variable `name` as a comma-separated list."""
    value = text(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default or [])
