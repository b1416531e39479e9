"""Which files are worth indexing, by what their paths and their contents give away."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from charset_normalizer import from_bytes

from codesearch.sources.base import Entry, LeftOut, Marks, Reason

# Never entered: repositories' own data, and folders that package managers and builds fill.
PRUNED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", "__pycache__", "node_modules", "bower_components", ".venv", ".tox",
        ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea", ".gradle",
    }
)  # fmt: skip
# By their names alone; `vendor` and `extern` also name parts of a program, so these are taken for other
# people's code at the root, and where what a package manager puts there tells.
_VENDORED = re.compile(
    r"(^|/)(vendored|_vendor|[Tt]hird[-_][Pp]arty|thirdparty|jspm_packages)/"
    r"|^(vendor|extern|externals)/"
    r"|(^|/)vendor/(bundle|cache|composer)/|(^|/)vendor/(autoload\.php|modules\.txt)$"
    r"|(^|/)vendor/[\w-]+\.(com|org|net|io|in|dev)/"
    r"|(^|/)(static|public|assets|js|css|wwwroot|dist)/vendor/"
)
_MINIFIED_NAME = re.compile(r"[.-]min\.(js|css|mjs)$|\.bundle\.js$|\.map$", re.IGNORECASE)
_GENERATED_NAME = re.compile(
    r"(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|\.g\.(cs|dart)|\.designer\.cs|_generated\.\w+|\.generated\.\w+"
    r"|(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock"
    r"|Cargo\.lock|composer\.lock|Gemfile\.lock|go\.sum))$",
    re.IGNORECASE,
)
# A comment that is nothing else: Go's rule (go.dev/s/generatedcode), and what other tools write.
_COMMENT = r"^\s*(//+!?|#+|/\*+|\*+|--+|;+|<!--|%+|\(\*|REM\b|\.\.)\s*"
_GENERATED_MARK = re.compile(
    rf"{_COMMENT}(@generated\b|(this|the) (file|code|module|class|source) (is|was|has been)"
    r" (auto(matically)?[- ]?)?generated\b|auto(matically)?[- ]?generated\b"
    r"|code generated\b.*\bdo not edit\b|generated (by|from|with)\b.*\bdo not (edit|modify)\b"
    r"|(do not|don't) (edit|modify)( this file)?( by hand)?\W*$"
    r"|(do not|don't) (edit|modify)\b.*\bgenerated\b)",
    re.IGNORECASE,
)
_LFS_POINTER = "version https://git-lfs.github.com/spec/"
_MINIFIED_LANGUAGES = frozenset({"javascript", "typescript", "tsx", "css", "html"})
# What code is written in where it is not UTF-8. Left to itself, detection takes Western text for one of its
# rare cousins.
_ENCODINGS = ["cp1252", "cp1251", "koi8_r", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"]
_MARK_LINES = 8
# A line of so many characters, with so many statements and blocks for its length, was written by no person.
_LONG_LINE = 2_000
_CHARACTERS_A_STATEMENT, _CHARACTERS_A_BLOCK = 200, 400


def reason_by_path(entry: Entry, max_bytes: int, is_supported: Callable[[str], bool]) -> Reason | None:
    """Reason to leave the file out unread, if any."""
    reason = _reason_by_folders(entry) or _reason_by_name(entry)
    if reason is not None:
        return reason
    if not is_supported(entry.path):
        return Reason.UNSUPPORTED
    if entry.size > max_bytes:
        return Reason.TOO_LARGE
    return Reason.EMPTY if entry.size == 0 else None


def _reason_by_folders(entry: Entry) -> Reason | None:
    if any(part in PRUNED_FOLDERS for part in PurePosixPath(entry.path).parts[:-1]):
        return Reason.VENDORED
    is_vendored = entry.marks.vendored
    if is_vendored is None:
        is_vendored = _VENDORED.search(entry.path) is not None
    return Reason.VENDORED if is_vendored and not entry.marks.wanted else None


def _reason_by_name(entry: Entry) -> Reason | None:
    if entry.marks.wanted or entry.marks.generated is False:
        return None
    if _MINIFIED_NAME.search(entry.path):
        return Reason.MINIFIED
    return Reason.GENERATED if entry.marks.generated or _GENERATED_NAME.search(entry.path) else None


def decode(content: bytes) -> str | None:
    """Text in whichever encoding it is, without null bytes; None if it is binary."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _clean(content.decode(encoding, errors="replace"))
    if _looks_binary(content[:8192]):
        return None
    try:
        return _clean(content.decode("utf-8"))
    except UnicodeDecodeError:
        best = from_bytes(content[:200_000], cp_isolation=_ENCODINGS).best()
        return _clean(content.decode(best.encoding if best else "latin-1", errors="replace"))


def reason_by_text(text: str, language: str, marks: Marks) -> Reason | None:
    """Reason to leave out a file that was read, if any."""
    if not text.strip():
        return Reason.EMPTY
    if text.startswith(_LFS_POINTER):
        return Reason.LFS_POINTER
    if marks.wanted or marks.generated is False:
        return None
    if any(_GENERATED_MARK.search(line[:_LONG_LINE]) for line in text.split("\n", _MARK_LINES)[:_MARK_LINES]):
        return Reason.GENERATED if language != "markdown" else None
    return Reason.MINIFIED if language in _MINIFIED_LANGUAGES and _is_minified(text) else None


def _is_minified(text: str) -> bool:
    """Whether most of a text is lines too long for a person that have many statements and blocks.

    A picture, a table or other data in one long line has few of them.
    """
    packed = sum(
        len(line)
        for line in text.split("\n")
        if len(line) > _LONG_LINE
        and line.count(";") * _CHARACTERS_A_STATEMENT > len(line)
        and line.count("{") * _CHARACTERS_A_BLOCK > len(line)
    )
    return 2 * packed > len(text)


def count_pruned(left_out: LeftOut, path: str) -> None:
    """Count a folder that is never entered."""
    left_out.add(Reason.VENDORED, f"{path}/")


def _looks_binary(head: bytes) -> bool:
    """A text has few control characters; a few stray null bytes do not make it binary."""
    if not head:
        return False
    control = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in head)
    return control > len(head) * 0.02 + 1


def _clean(text: str) -> str:
    """PostgreSQL's text has no null characters; lone carriage returns are line ends."""
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
