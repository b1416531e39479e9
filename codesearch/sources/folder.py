"""Files of a folder on the server. Symbolic links are never followed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from codesearch.sources.base import Entry, LeftOut, Reason, Snapshot, SourceError
from codesearch.sources.filters import PRUNED_FOLDERS, count_pruned
from codesearch.sources.ignoring import RULE_FILES, IgnoreRules
from codesearch.sources.tracked import tracked_files


def folder_snapshot(root: Path, rules: IgnoreRules, kept: Path | None = None) -> Snapshot:
    """Files below `root`, but for those below `kept`. Raises SourceError if it is no readable folder."""
    if not root.is_dir():
        raise SourceError(f"There is no folder {root} on the server.")
    left_out = LeftOut()
    rules.track(tracked_files(root))
    return Snapshot(_walk(root, rules, left_out, _status(kept)), left_out)


def allowed_folder(location: str, roots: list[Path], refused: Path | None = None) -> Path:
    """Real path of a folder below one of `roots`, and not within `refused`. Raises SourceError."""
    folder = Path(location).expanduser()
    if not folder.is_absolute():
        raise SourceError(f"{location} is not an absolute path.")
    real = folder.resolve()
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        allowed = ", ".join(map(str, roots)) or "none"
        raise SourceError(f"{location} is not below a folder that may be indexed (SOURCE_ROOTS: {allowed}).")
    if refused is not None and real.is_relative_to(refused.resolve()):
        raise SourceError(f"{location} holds what Searchapp itself keeps, and cannot be indexed.")
    if not real.is_dir():
        raise SourceError(f"There is no folder {location} on the server.")
    return real


def _status(folder: Path | None) -> os.stat_result | None:
    try:
        return folder.stat() if folder is not None else None
    except OSError:
        return None


def _walk(root: Path, rules: IgnoreRules, left_out: LeftOut, kept: os.stat_result | None) -> Iterator[Entry]:
    """The entries of each folder by name; its ignore files come into force first."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            # By what it is and not by its path: a folder can be mounted in several places.
            if kept is not None and os.path.samestat((root / prefix).stat(), kept):
                left_out.add(Reason.OWN_DATA, prefix)
                continue
            with os.scandir(root / prefix) as children_of:
                children = sorted(children_of, key=lambda child: child.name)
        except OSError:
            left_out.add(Reason.UNREADABLE, prefix)
            continue
        _read_ignore_files(children, prefix, rules)
        folders = []
        for child in children:
            path = prefix + child.name
            if child.is_symlink():
                left_out.add(Reason.LINK, path)
            elif child.is_dir(follow_symlinks=False):
                if _is_entered(f"{path}/", child.name, rules, left_out):
                    folders.append(f"{path}/")
            else:
                yield from _file(child, path, rules, left_out)
        pending.extend(reversed(folders))


def _read_ignore_files(children: list[os.DirEntry[str]], prefix: str, rules: IgnoreRules) -> None:
    for child in children:
        if child.name in RULE_FILES and child.is_file(follow_symlinks=False):
            try:
                rules.add(prefix + child.name, _read(child.path))
            except OSError:
                continue


def _is_entered(path: str, name: str, rules: IgnoreRules, left_out: LeftOut) -> bool:
    if name in PRUNED_FOLDERS:
        count_pruned(left_out, path.rstrip("/"))
        return False
    reason = rules.reason(path)
    if reason:
        left_out.add(reason, path)
    return reason is None


def _file(child: os.DirEntry[str], path: str, rules: IgnoreRules, left_out: LeftOut) -> Iterator[Entry]:
    try:
        status = child.stat(follow_symlinks=False)
        path.encode("utf-8")
    except (OSError, UnicodeEncodeError):
        left_out.add(Reason.UNREADABLE, path.encode("utf-8", errors="replace").decode("utf-8"))
        return
    reason = Reason.LINK if not stat.S_ISREG(status.st_mode) else rules.reason(path)
    if reason:
        left_out.add(reason, path)
        return
    yield Entry(path, status.st_size, lambda: _read(child.path), marks=rules.marks(path))


def _read(path: str) -> bytes:
    # A link put in place of the file after it was listed is refused by the kernel.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
