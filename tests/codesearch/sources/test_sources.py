import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from codesearch.sources.archive import ArchiveLimits, archive_snapshot, check_archive
from codesearch.sources.base import Reason, SourceError, git_digest
from codesearch.sources.folder import allowed_folder, folder_snapshot
from codesearch.sources.ignoring import IgnoreRules

LIMITS = ArchiveLimits(files=100, expanded_bytes=20_000_000, ratio=200, file_bytes=1_000_000)


def read_all(snapshot):
    return {entry.path: entry.read() for entry in snapshot.entries}


def test_digest_is_gits_own():
    assert git_digest(b"hello\n").hex() == "ce013625030ba8dba906f756967f9e9ca394464a"


class TestFolder:
    def test_files_and_what_is_left_out(self, shop):
        snapshot = folder_snapshot(shop, IgnoreRules("*.js"))
        assert "shop/prices.py" in read_all(snapshot)
        assert snapshot.left_out.counts == {Reason.IGNORED: 2, Reason.EXCLUDED: 1}

    def test_deeper_ignore_files_decide(self, tmp_path):
        (tmp_path / "sub").mkdir()
        (tmp_path / ".gitignore").write_text("*.py\n")
        (tmp_path / "sub" / ".gitignore").write_text("!kept.py\n")
        (tmp_path / "sub" / "kept.py").write_text("x = 1\n")
        (tmp_path / "a.py").write_text("x = 1\n")
        (tmp_path / ".searchappignore").write_text("private/\n")
        (tmp_path / "private").mkdir()
        (tmp_path / "private" / "b.py").write_text("x = 1\n")
        snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
        assert [path for path in read_all(snapshot) if path.endswith(".py")] == ["sub/kept.py"]
        assert snapshot.left_out.counts == {Reason.IGNORED: 1, Reason.SEARCH_IGNORED: 1}

    def test_links_are_never_followed(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret.py").write_text("x = 1")
        inside = tmp_path / "inside"
        inside.mkdir()
        (inside / "folder").symlink_to(outside)
        (inside / "file.py").symlink_to(outside / "secret.py")
        (inside / "loop").symlink_to(inside)
        os.mkfifo(inside / "pipe.py")
        snapshot = folder_snapshot(inside, IgnoreRules(""))
        assert read_all(snapshot) == {}
        assert snapshot.left_out.counts == {Reason.LINK: 4}

    def test_names_that_are_no_text_are_counted(self, tmp_path):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py")).write_text("x = 1")
        snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
        assert read_all(snapshot) == {}
        assert snapshot.left_out.counts == {Reason.UNREADABLE: 1}

    @pytest.mark.parametrize(
        "location", ["relative", "/etc", "{root}/../outside", "{root}/link", "{root}/none"]
    )
    def test_only_below_the_roots(self, tmp_path, location):
        root = tmp_path / "root"
        root.mkdir()
        (tmp_path / "outside").mkdir()
        (root / "link").symlink_to(tmp_path / "outside")
        with pytest.raises(SourceError):
            allowed_folder(location.format(root=root), [root])
        assert allowed_folder(str(root), [root]) == root.resolve()


class TestArchive:
    def zipped(self, path: Path, files: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path

    def tarred(self, path: Path, files: dict[str, bytes]) -> Path:
        with tarfile.open(path, "w:gz") as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return path

    @pytest.mark.parametrize("kind", ["zipped", "tarred"])
    def test_common_folder_is_dropped_and_ignore_files_count(self, tmp_path, kind):
        files = {"p-1.0/a.py": b"x = 1", "p-1.0/build/b.py": b"y", "p-1.0/.gitignore": b"build/\n"}
        snapshot = archive_snapshot(
            getattr(self, kind)(tmp_path / "a.archive", files), IgnoreRules(""), LIMITS
        )
        assert set(read_all(snapshot)) == {"a.py", ".gitignore"}
        assert snapshot.left_out.counts == {Reason.IGNORED: 1}

    @pytest.mark.parametrize("kind", ["zipped", "tarred"])
    @pytest.mark.parametrize("name", ["../../etc/evil.py", "/etc/evil.py", "a/../../evil.py"])
    def test_paths_that_lead_outside_are_left_out(self, tmp_path, kind, name):
        snapshot = archive_snapshot(
            getattr(self, kind)(tmp_path / "a.archive", {name: b"x", "ok.py": b"x"}), IgnoreRules(""), LIMITS
        )
        assert set(read_all(snapshot)) == {"ok.py"}
        assert snapshot.left_out.counts == {Reason.UNSAFE_PATH: 1}

    @pytest.mark.parametrize("kind", ["zipped", "tarred"])
    def test_a_bomb_is_refused(self, tmp_path, kind):
        path = getattr(self, kind)(tmp_path / "bomb.archive", {"zeros.py": b"\0" * 60_000_000})
        assert path.stat().st_size < 100_000
        with pytest.raises(SourceError, match="bomb"):
            read_all(archive_snapshot(path, IgnoreRules(""), LIMITS))

    def test_too_many_files_are_refused(self, tmp_path):
        path = self.zipped(tmp_path / "a.zip", {f"{number}.py": b"x" for number in range(101)})
        with pytest.raises(SourceError, match="more than 100 files"):
            read_all(archive_snapshot(path, IgnoreRules(""), LIMITS))

    def test_links_in_archives_are_left_out(self, tmp_path):
        with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
            info = tarfile.TarInfo("link.py")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
        snapshot = archive_snapshot(tmp_path / "a.tar.gz", IgnoreRules(""), LIMITS)
        assert read_all(snapshot) == {}
        assert snapshot.left_out.counts == {Reason.LINK: 1}

    def test_damaged_and_foreign_files_are_explained(self, tmp_path):
        (tmp_path / "x.zip").write_bytes(b"no archive at all")
        with pytest.raises(SourceError, match="neither"):
            check_archive(tmp_path / "x.zip")
        whole = self.tarred(tmp_path / "a.tar.gz", {"a.py": os.urandom(50_000)}).read_bytes()
        (tmp_path / "cut.tar.gz").write_bytes(whole[:20_000])
        with pytest.raises(SourceError, match="damaged"):
            read_all(archive_snapshot(tmp_path / "cut.tar.gz", IgnoreRules(""), LIMITS))
