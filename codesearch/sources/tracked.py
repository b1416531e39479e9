"""Which files of a folder git tracks."""

import shutil
import subprocess
import tempfile
from collections.abc import Set
from pathlib import Path

from codesearch.sources.git import plain_environment

_SECONDS = 60


def tracked_files(root: Path) -> Set[str]:
    """Paths below `root` that are in its git index, none where there is no index that can be read.

    The index alone is read, by a git repository of our own: what the folder configures is never run.
    """
    index = root / ".git" / "index"
    if shutil.which("git") is None or index.is_symlink() or not index.is_file():
        return frozenset()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "."], cwd=folder, env=plain_environment(), check=False
        )
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached"],
            cwd=folder,
            env=plain_environment() | {"GIT_INDEX_FILE": str(index)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    if listed.returncode:
        return frozenset()
    return frozenset(path.decode("utf-8", errors="replace") for path in listed.stdout.split(b"\0") if path)
