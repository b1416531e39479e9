"""What git tracks in a folder is not ignored; what the folder configures is not run."""

import subprocess

from codesearch.sources.base import Reason
from codesearch.sources.folder import folder_snapshot
from codesearch.sources.ignoring import IgnoreRules
from codesearch.sources.tracked import tracked_files
from tests.conftest import write_files


def test_files_added_by_force_are_kept(tmp_path):
    files = {".gitignore": "build/\n*.cfg\n", "build/gen.py": "x = 1\n", "build/o.py": "", "app.cfg": "a=1\n"}
    root = write_files(tmp_path / "work", files)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-f", "build/gen.py", "app.cfg", ".gitignore"], cwd=root, check=True)
    (root / ".git" / "config").write_text(f"[core]\n\tfsmonitor = touch {tmp_path}/ran\n")
    assert tracked_files(root) == {"build/gen.py", "app.cfg", ".gitignore"}
    snapshot = folder_snapshot(root, IgnoreRules(""))
    assert [entry.path for entry in snapshot.entries] == [".gitignore", "app.cfg", "build/gen.py"]
    assert snapshot.left_out.paths[Reason.IGNORED] == ["build/o.py"]
    assert not (tmp_path / "ran").exists()


def test_without_an_index_nothing_is_known_to_be_tracked(tmp_path):
    assert tracked_files(tmp_path) == frozenset()
    write_files(tmp_path, {".git/index": "no index"})
    assert tracked_files(tmp_path) == frozenset()
