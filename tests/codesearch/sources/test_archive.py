"""What an archive cannot do: lead outside, hide its size, or hide what is in it."""

import io
import tarfile
import zipfile
from dataclasses import replace

import pytest

from codesearch.sources.archive import ArchiveLimits, archive_snapshot, check_archive
from codesearch.sources.base import Reason, SourceError
from codesearch.sources.ignoring import IgnoreRules

LIMITS = ArchiveLimits(files=10, expanded_bytes=20_000_000, ratio=200, file_bytes=100)
LINK = 0o120777 << 16


def packed(path, files):
    """Write a zip of (name, content) pairs, names as they stand."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def opened(path, limits=LIMITS, excludes=""):
    snapshot = archive_snapshot(path, IgnoreRules(excludes), limits)
    return {entry.path: entry for entry in snapshot.entries}, snapshot.left_out


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["p/a.py", "p/b/c.py"], ["a.py", "b/c.py"]),
        (["p/a.py", "q/b.py"], ["p/a.py", "q/b.py"]),
        (["p/a.py", "b.py"], ["p/a.py", "b.py"]),
        (["a.py"], ["a.py"]),
        (["p/q/a.py"], ["q/a.py"]),
        (["größe/ü.py"], ["ü.py"]),
        ([r"p\a.py", r"p\b\c.py"], ["a.py", "b/c.py"]),
    ],
)
def test_one_folder_around_everything_is_dropped(tmp_path, names, expected):
    files, _ = opened(packed(tmp_path / "a.zip", [(name, b"x") for name in names]))
    assert list(files) == expected


@pytest.mark.parametrize(
    "name", ["/abs.py", "../up.py", "a/../../up.py", "C:/win.py", r"..\up.py", r"C:\win.py", "."]
)
def test_names_that_lead_outside_are_counted_and_not_read(tmp_path, name):
    files, left_out = opened(packed(tmp_path / "a.zip", [(name, b"x"), ("b.py", b"x")]))
    assert list(files) == ["b.py"]
    assert left_out.counts == {Reason.UNSAFE_PATH: 1}


def test_dots_within_names_are_harmless(tmp_path):
    files, left_out = opened(
        packed(tmp_path / "a.zip", [("a..b.py", b"x"), ("...py", b"x"), ("c:d.py", b"x")])
    )
    assert sorted(files) == ["...py", "a..b.py"]
    assert left_out.counts == {Reason.UNSAFE_PATH: 1}


def test_links_in_a_zip_are_left_out(tmp_path):
    link = zipfile.ZipInfo("link.py")
    link.external_attr = LINK
    files, left_out = opened(packed(tmp_path / "a.zip", [(link, b"/etc/passwd"), ("a.py", b"x")]))
    assert (list(files), left_out.counts) == (["a.py"], {Reason.LINK: 1})


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_left_out(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        special = tarfile.TarInfo("special.py")
        special.type, special.linkname = kind, "/etc/passwd"
        archive.addfile(special)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    files, left_out = opened(tmp_path / "a.tar")
    assert (files, left_out.counts) == ({}, {Reason.LINK: 1})


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_are_read_however_they_are_packed(tmp_path, mode):
    with tarfile.open(tmp_path / "a.tar", mode) as archive:
        info = tarfile.TarInfo("./a.py")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"x = 1"))
    check_archive(tmp_path / "a.tar")
    files, _ = opened(tmp_path / "a.tar")
    assert files["a.py"].read() == b"x = 1"


def test_a_file_over_the_limit_keeps_its_size_and_not_its_content(tmp_path):
    files, _ = opened(packed(tmp_path / "a.zip", [("big.py", b"x" * 101), ("fits.py", b"x" * 100)]))
    assert (files["big.py"].size, files["big.py"].read()) == (101, b"")
    assert (files["fits.py"].size, len(files["fits.py"].read())) == (100, 100)


@pytest.mark.parametrize(("number", "is_allowed"), [(10, True), (11, False)])
def test_an_archive_may_have_as_many_files_as_the_limit(tmp_path, number, is_allowed):
    path = packed(tmp_path / "a.zip", [(f"{index}.py", b"x") for index in range(number)])
    if is_allowed:
        assert len(opened(path)[0]) == number
    else:
        with pytest.raises(SourceError, match="more than 10 files"):
            opened(path)


def test_what_all_files_unpack_to_counts_together(tmp_path):
    path = packed(tmp_path / "a.zip", [(f"{index}.py", bytes(1000)) for index in range(3)])
    assert len(opened(path, replace(LIMITS, expanded_bytes=3000))[0]) == 3
    with pytest.raises(SourceError, match="more than 2,999 bytes"):
        opened(path, replace(LIMITS, expanded_bytes=2999))


def test_a_small_archive_may_unpack_to_much_more_than_its_size(tmp_path):
    # The ratio alone would allow some 30 kB; ten MiB are harmless.
    path = packed(tmp_path / "a.zip", [("zeros.py", bytes(1_000_000))])
    assert list(opened(path, replace(LIMITS, ratio=1))[0]) == ["zeros.py"]


def test_ignore_files_of_deeper_folders_decide(tmp_path):
    files, left_out = opened(
        packed(
            tmp_path / "a.zip",
            [("(docs)/.gitignore", b"!a.py"), ("(docs)/a.py", b"x"), (".gitignore", b"*.py"), ("b.py", b"x")],
        )
    )
    assert "(docs)/a.py" in files
    assert left_out.paths == {Reason.IGNORED: ["b.py"]}


def test_nothing_in_an_ignored_folder_is_taken_back(tmp_path):
    files, left_out = opened(
        packed(tmp_path / "a.zip", [(".gitignore", b"out/\n!out/a.py"), ("out/a.py", b"x"), ("b.py", b"x")])
    )
    assert list(files) == [".gitignore", "b.py"]
    assert left_out.counts == {Reason.IGNORED: 1}


def test_in_an_archive_that_git_made_all_files_are_tracked(tmp_path):
    path = packed(tmp_path / "a.zip", [("p/.gitignore", b"*.cfg\n"), ("p/app.cfg", b"x")])
    assert "app.cfg" not in opened(path)[0]
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"a" * 40
    assert "app.cfg" in opened(path)[0]
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", pax_headers={"comment": "b" * 40}) as tar:
        for name, content in (("p/.gitignore", b"*.cfg\n"), ("p/app.cfg", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    assert "app.cfg" in opened(tmp_path / "a.tar.gz")[0]


def test_what_macos_adds_is_told_and_does_not_hide_the_common_folder(tmp_path):
    files, left_out = opened(
        packed(tmp_path / "a.zip", [("p/a.py", b"x"), ("__MACOSX/p/._a.py", b"x"), ("p/.DS_Store", b"x")])
    )
    assert list(files) == ["a.py"]
    assert left_out.counts == {Reason.SYSTEM_DATA: 2}


def test_excludes_mean_paths_without_the_common_folder(tmp_path):
    files, _ = opened(packed(tmp_path / "a.zip", [("p/docs/a.py", b"x"), ("p/b.py", b"x")]), excludes="/docs")
    assert list(files) == ["b.py"]


def test_an_archive_that_is_gone_is_told_at_once(tmp_path):
    with pytest.raises(SourceError, match="upload it again"):
        archive_snapshot(tmp_path / "none.zip", IgnoreRules(""), LIMITS)


def test_an_archive_with_a_password_is_told(tmp_path):
    path = packed(tmp_path / "a.zip", [("a.py", b"x")])
    content = bytearray(path.read_bytes())
    # Bit 0 of the flags, in the file's own header and in the directory's.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"damaged.*encrypted"):
        opened(path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(SourceError, match="neither"):
        check_archive(tmp_path / "a")


def renamed(raw: bytes) -> bytes:
    """A zip that says its names are UTF-8, and has one that is none."""
    at = raw.index(b"PK\x01\x02")
    flagged = raw[: at + 8] + b"\x00\x08" + raw[at + 10 :]
    return flagged.replace(b"name.py", b"na\xf4e.py")


def nameless(raw: bytes) -> bytes:
    """A zip whose directory says of a name that it has no letters, and a remark instead."""
    at = raw.index(b"PK\x01\x02")
    return raw[: at + 28] + b"\x00\x00\x00\x00\x07\x00" + raw[at + 34 :]


@pytest.mark.parametrize("broken", [renamed, nameless])
def test_a_zip_with_a_broken_directory_is_damaged(tmp_path, broken):
    path = packed(tmp_path / "a.zip", [("name.py", "x = 1")])
    path.write_bytes(broken(path.read_bytes()))
    with pytest.raises(SourceError, match="damaged"):
        opened(path)


def test_the_beginning_of_a_packed_tar_is_no_archive(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(SourceError, match="neither"):
        check_archive(path)
    with pytest.raises(SourceError, match="damaged"):
        opened(path)
