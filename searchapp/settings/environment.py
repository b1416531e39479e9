"""Reading settings from the environment.

A secret `NAME` may also be given as `NAME_FILE`, the path of a file that holds it (Docker and Kubernetes
secrets). What is wrong is collected in `problems`, which a system check reports with a hint, so that a
mistake in the environment is a sentence and never a stack trace.
"""

import math
import os
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

problems: list[tuple[str, str]] = []
"""(what is wrong, what to do), in the order found."""

KEY_COMMAND = "openssl rand -base64 48"
"""What makes a key that `key` accepts."""
# Below all that `is_random` measures of 32 random bytes in base64 or hexadecimal: of 120,000 drawn, the least
# had 186 bits.
_MIN_KEY_BITS = 160
# What compression adds to what cannot be compressed.
_COMPRESSION_BYTES = 11
_MARKED_INSECURE = "django-insecure-"
_RATE_UNITS = {
    short: unit
    for unit, words in {
        "second": ("s", "sec", "second", "seconds"),
        "minute": ("m", "min", "minute", "minutes"),
        "hour": ("h", "hour", "hours"),
        "day": ("d", "day", "days"),
    }.items()
    for short in words
}


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


def secrets(name: str) -> list[str]:
    """Secrets that are parted by commas, spaces or lines, given as one secret is."""
    return secret(name).replace(",", " ").split()


def key(name: str) -> str:
    """The secret `name`, which is required, and reported where it is not long and random."""
    value = secret(name, required=True)
    if value and not is_random(value):
        problems.append(
            (
                f"{name} can be guessed: it is too short, repeats itself or follows a pattern.",
                f"Make one with `{KEY_COMMAND}`, and set {name}, or {name}_FILE to a file that holds it.",
            )
        )
    return value


def is_random(value: str) -> bool:
    """Whether a text looks like at least 32 random bytes, however they are written.

    No test can prove that: what is short, repeats, counts upwards or downwards, or was marked by Django as
    not secret is told from them.
    """
    if value.startswith(_MARKED_INSECURE):
        return False
    steps = [ord(after) - ord(before) for before, after in pairwise(value)]
    packed = 8 * (len(zlib.compress(value.encode(), 9)) - _COMPRESSION_BYTES)
    return min(_bits(value), _bits(steps), packed) >= _MIN_KEY_BITS


def _bits(values: Sequence[str | int]) -> float:
    """The bits of information in values, if each is drawn as often as it occurs (Shannon)."""
    total = len(values)
    return sum(count * math.log2(total / count) for count in Counter(values).values())


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


def pairs(name: str, expected: str) -> dict[str, str]:
    """The variable `name` as pairs of a key and a value, parted by commas; extensions in small letters."""

    def parse(value: str) -> dict[str, str]:
        parts = [part.partition("=") for part in value.split(",") if part.strip()]
        found = {key.strip(): word.strip().lower() for key, _, word in parts}
        if not all(found.values()) or "" in found:
            raise ValueError(value)
        return {key.lower() if key.startswith(".") else key: word for key, word in found.items()}

    return _parsed(name, {}, parse, expected)


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    """The variable `name` as one of some words, whatever its capitals."""

    def parse(value: str) -> str:
        return choices[choices.index(value.lower())]

    return _parsed(name, default, parse, f"one of {', '.join(choices)}")


def moment(name: str) -> str:
    """The variable `name` as a date, or a date and time, of ISO 8601; empty where it is unset."""

    def parse(value: str) -> str:
        return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()

    return _parsed(name, "", parse, "a date, as 2026-11-29 or 2026-11-29T12:00")


def rate(name: str, default: str) -> str:
    """The variable `name` as a rate, a number for a time: `300/min`, `10/15min`, `5000/day`."""

    def parse(value: str) -> str:
        number, _, time = value.replace(" ", "").partition("/")
        unit = time.lstrip("0123456789")
        multiple = time.removesuffix(unit) or "1"
        if unit not in _RATE_UNITS or int(number) < 1 or int(multiple) < 1:
            raise ValueError(value)
        return f"{int(number)} per {int(multiple)} {_RATE_UNITS[unit]}"

    return _parsed(name, parse(default), parse, "a number for a time, as 300/min or 10/15min")


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
