"""What begins with the product: each application registers its part, so that the ground knows no engine."""

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# Small first, so that the first search has hits within seconds.
_SAMPLE_PACKAGES = ("rest_framework", "django")


def _nothing() -> None:
    return


def _no_files() -> Iterable[Path]:
    return ()


@dataclass(frozen=True)
class Startup:
    """One application's part of a start, and what a start needs of it that lies in files."""

    is_empty: Callable[[], bool] = lambda: True
    """Whether nobody has ever added anything: only then are samples added."""
    add_samples: Callable[[], None] = _nothing
    follow_settings: Callable[[], None] = _nothing
    """Starts the work that changed settings ask for."""
    warm_up: Callable[[], None] = _nothing
    """Loads what the first visitor would otherwise wait for."""
    files: Callable[[], Iterable[Path]] = _no_files
    """The files and folders of the data folder that rows name and nothing can make again, for backups."""


_startups: dict[str, Startup] = {}


def register_startup(name: str, startup: Startup) -> None:
    """Declare an application's part; called once, from its `ready()`."""
    _startups[name] = startup


def startups() -> list[Startup]:
    """The parts of all applications, in the order in which these are installed."""
    return list(_startups.values())


def sample_packages() -> dict[str, Path]:
    """Name → folder of packages that every installation has, to be shown as samples."""
    specs = {name: importlib.util.find_spec(name) for name in _SAMPLE_PACKAGES}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}
