"""Ignore files, attributes, and a repository's own excludes, as git has them, each in force below its folder.

A file is left out by a rule for itself or for any folder above it. In each folder, the last rule that matches
decides; of several ignore files, the deepest that says anything. What git tracks, no `.gitignore` leaves out.
"""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import PurePosixPath

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from codesearch.sources.base import Marks, Reason
from codesearch.sources.secrets import is_secret

ATTRIBUTES = ".gitattributes"
IGNORE_FILES = {".gitignore": Reason.IGNORED, ".searchappignore": Reason.SEARCH_IGNORED}
RULE_FILES = frozenset({*IGNORE_FILES, ATTRIBUTES})
# What every repository's folder of its own may hold.
_MOST_RULES = 20_000


class _Pattern:
    """One line of an ignore file or of attributes."""

    def __init__(self, line: str) -> None:
        self._pattern = GitIgnoreSpecPattern(line)
        self.include = self._pattern.include

    def matches(self, path: str, *, is_folder: bool) -> bool:
        """Whether the rule names this path itself, which has no slash at its end, and not one above it."""
        regex = self._pattern.regex
        if regex is None or self.include is None:
            return False
        found = regex.search(path)
        if found is not None and found.groupdict().get("ps_d") is None:
            return True
        if not is_folder:
            return False
        # A pattern for folders alone: the slash that it ends with is the path's own.
        found = regex.search(f"{path}/")
        if found is None or "ps_d" not in found.groupdict():
            return False
        return found.end("ps_d") == len(path) + 1 or regex.pattern == "(?P<ps_d>/)"


@dataclass(frozen=True)
class _File:
    """The rules of one ignore file, for what lies below its folder (`prefix`, with a slash at its end)."""

    prefix: str
    reason: Reason
    patterns: tuple[_Pattern, ...]

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether the path is left out (True) or taken back (False); None if no rule says anything."""
        if not path.startswith(self.prefix):
            return None
        inner = path[len(self.prefix) :]
        for pattern in reversed(self.patterns):
            if pattern.matches(inner, is_folder=is_folder):
                return bool(pattern.include)
        return None


class IgnoreRules:
    """What decides whether a file is left out, besides what it is."""

    def __init__(self, excludes: str) -> None:
        self._excludes = _File("", Reason.EXCLUDED, _patterns(excludes))
        self._files: list[_File] = []
        self._attributes: list[tuple[str, _Pattern, dict[str, bool]]] = []
        self._tracked: Set[str] = frozenset()
        self._folders_tracked: Set[str] = frozenset()
        self._known: dict[str, tuple[Reason | None, bool]] = {}

    def add(self, path: str, content: bytes) -> None:
        """Take in the ignore file, or the file of attributes, at `path`."""
        text = content.decode("utf-8-sig", errors="replace")
        folder = str(PurePosixPath(path).parent)
        prefix = "" if folder == "." else f"{folder}/"
        name = PurePosixPath(path).name
        if name == ATTRIBUTES:
            self._attributes += [
                (prefix, *rule) for line in text.splitlines() if (rule := _attribute_rule(line))
            ]
        else:
            self._files.append(_File(prefix, IGNORE_FILES[name], _patterns(text)))

    def track(self, paths: Set[str]) -> None:
        """Take in which files git tracks: no `.gitignore` leaves those out."""
        self._tracked = paths
        self._folders_tracked = {str(parent) for path in paths for parent in PurePosixPath(path).parents}

    def reason(self, path: str) -> Reason | None:
        """Why `path` (with a slash at its end if it is a folder) is left out, None if no rule does that."""
        if is_secret(path):
            return Reason.SECRET
        reason, _ = self._verdict(path.rstrip("/"), is_folder=path.endswith("/"))
        if reason is Reason.IGNORED:
            of_git = self._folders_tracked if path.endswith("/") else self._tracked
            return None if path.rstrip("/") in of_git else reason
        return reason

    def marks(self, path: str) -> Marks:
        """What the rules say of a file that is not left out."""
        values: dict[str, bool] = {}
        for prefix, pattern, attributes in self._attributes:
            if path.startswith(prefix) and pattern.matches(path[len(prefix) :], is_folder=False):
                values |= attributes
        _, wanted = self._verdict(path, is_folder=False)
        return Marks(wanted, values.get("linguist-vendored"), values.get("linguist-generated"))

    def _verdict(self, path: str, *, is_folder: bool) -> tuple[Reason | None, bool]:
        """Why a path is left out, and whether it or a folder above it was taken back by name."""
        key = f"{path}/" if is_folder else path
        if key in self._known:
            return self._known[key]
        above, _, _ = path.rpartition("/")
        reason, wanted = self._verdict(above, is_folder=True) if above else (None, False)
        if reason is None:
            reason, taken_back = self._own_verdict(path, is_folder=is_folder)
            wanted = wanted or taken_back
        if is_folder:
            self._known[key] = reason, wanted
        return reason, wanted

    def _own_verdict(self, path: str, *, is_folder: bool) -> tuple[Reason | None, bool]:
        for file in (self._excludes, *reversed(self._files)):
            verdict = file.verdict(path, is_folder=is_folder)
            if verdict is not None:
                return (file.reason, False) if verdict else (None, file.reason is not Reason.IGNORED)
        return None, False


def _patterns(text: str) -> tuple[_Pattern, ...]:
    return tuple(_Pattern(line) for line in text.splitlines()[:_MOST_RULES])


def _attribute_rule(line: str) -> tuple[_Pattern, dict[str, bool]] | None:
    """The pattern of a line of attributes, and those of its attributes that GitHub's linguist reads."""
    pattern, _, rest = line.strip().partition(" ")
    values = {}
    for word in rest.split():
        name, _, value = word.lstrip("-!").partition("=")
        if name in ("linguist-vendored", "linguist-generated"):
            values[name] = not word.startswith(("-", "!")) and value.lower() != "false"
    return (_Pattern(pattern), values) if values and not pattern.startswith("#") else None
