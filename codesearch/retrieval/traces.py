"""Lines of a stack trace, a compiler's message or a log → the lines of served files that they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.db.models import Q

from codesearch import selectors
from codesearch.models import SourceFile
from codesearch.retrieval.query import Query

_MOST_LINES = 200
_MOST_NAMED = 40
_MOST_FILES = 3
"""How many files one line of a trace may mean, where repositories have the same."""
_FORMS = (
    # Python: File "shop/prices.py", line 12, in total
    re.compile(r'\bFile "(?P<path>[^"\n]{1,400})", line (?P<line>\d{1,7})\b'),
    # Java, Kotlin, Scala: at com.shop.Prices.total(Prices.java:12)
    re.compile(
        r"(?:\bat )?(?P<package>(?:[\w$]+\.)*)[\w$<>]+\.[\w$<>]+"
        r"\((?P<path>[\w$-]+\.(?:java|kt|scala|groovy|clj)):(?P<line>\d{1,7})\)"
    ),
    # C#: in C:\shop\Prices.cs:line 12
    re.compile(r"\bin (?P<path>[^\n]{1,400}?\.(?:cs|fs|vb)):line (?P<line>\d{1,7})\b"),
    # JavaScript, Go, Rust, C, grep: src/prices.ts:12:3
    re.compile(
        r"(?P<path>[^\s()\"'<>|]{0,400}[\w-]\.[A-Za-z][\w+]{0,9}):(?P<line>\d{1,7})(?::\d{1,7})?(?![\w.])"
    ),
    # MSVC, TypeScript: src\prices.ts(12,3)
    re.compile(r"(?P<path>[^\s()\"'<>|]{0,400}[\w-]\.[A-Za-z][\w+]{0,9})\((?P<line>\d{1,7})(?:,\d{1,7})?\)"),
)


@dataclass(frozen=True)
class NamedLine:
    """A path as a trace writes it, and a line from 1."""

    path: str
    line: int


@dataclass(frozen=True)
class TraceLine:
    """A line of a served file that a trace names."""

    repository: str
    path: str
    line: int
    text: str

    @property
    def url(self) -> str:
        """The address of the line on the file's page."""
        return selectors.unit_address(self.repository, self.path, self.line)


def named_lines(text: str) -> list[NamedLine]:
    """The lines of files that a text names, each once, in its order.

    >>> named_lines('File "/srv/shop/prices.py", line 12, in total')
    [NamedLine(path='/srv/shop/prices.py', line=12)]
    >>> named_lines("at com.shop.Prices.total(Prices.java:1012)")
    [NamedLine(path='com/shop/Prices.java', line=1012)]
    """
    found = (named for line in text.split("\n")[:_MOST_LINES] for named in _named_by(line[:2_000]))
    return list(dict.fromkeys(found))[:_MOST_NAMED]


def trace_lines(query: Query) -> list[TraceLine]:
    """The lines of served files that a query's text names, in the repositories that it is narrowed to."""
    named = named_lines(query.text)
    if not named:
        return []
    repositories = [one.value for one in query.filters if one.field == "repo" and not one.negated]
    known = _files_called({one.path.rpartition("/")[2] for one in named}, repositories)
    return [line for one in named for line in _fitting(one, known)]


def _named_by(line: str) -> Iterator[NamedLine]:
    for form in _FORMS:
        match = form.search(line)
        if match is not None:
            groups = match.groupdict()
            path = _plain(groups["path"], groups.get("package") or "")
            if path:
                yield NamedLine(path, int(groups["line"]))
            return


def _plain(path: str, package: str) -> str:
    """A path with slashes, without scheme, host, query and the like; below its package where it has one."""
    if "://" in path:
        parts = urlsplit(path)
        path = parts.path or parts.netloc
    path = unquote(path.partition("?")[0]).replace("\\", "/")
    path = re.sub(r"^/?(?:\./|[A-Za-z]:/)+", "", path)
    return f"{package.replace('.', '/')}{path}"


def _files_called(names: set[str], repositories: list[str]) -> dict[str, list[SourceFile]]:
    wanted = Q()
    for name in names:
        wanted |= Q(path=name) | Q(path__endswith=f"/{name}")
    files = selectors.all_served_files().filter(wanted)
    if repositories:
        files = files.filter(repository__name__in=repositories)
    known: dict[str, list[SourceFile]] = {}
    for file in files.select_related("repository").order_by("repository__name", "path")[:1_000]:
        known.setdefault(file.path.rpartition("/")[2], []).append(file)
    return known


def _fitting(named: NamedLine, known: dict[str, list[SourceFile]]) -> list[TraceLine]:
    """The files whose paths end most like the one that is named, and that are long enough."""
    files = [file for file in known.get(named.path.rpartition("/")[2], ()) if 0 < named.line <= file.lines]
    if not files:
        return []
    most = max(_in_common(named.path, file.path) for file in files)
    nearest = [file for file in files if _in_common(named.path, file.path) == most][:_MOST_FILES]
    return [
        TraceLine(file.repository.name, file.path, named.line, _text_of(file, named.line)) for file in nearest
    ]


def _in_common(path: str, other: str) -> int:
    """How many parts two paths have in common at their ends."""
    number = 0
    for one, two in zip(reversed(path.split("/")), reversed(other.split("/")), strict=False):
        if one != two:
            break
        number += 1
    return number


def _text_of(file: SourceFile, line: int) -> str:
    return file.blob.text.split("\n")[line - 1].strip()[:300]
