"""Git address, folder or archive → files, with what is left out and why."""

from codesearch.sources.base import Entry, LeftOut, Snapshot, SourceError
from codesearch.sources.git import is_git_address
from codesearch.sources.registry import open_source, validate_source

__all__ = [
    "Entry",
    "LeftOut",
    "Snapshot",
    "SourceError",
    "is_git_address",
    "open_source",
    "validate_source",
]
