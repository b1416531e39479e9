"""Archives that somebody made to bring the server down, or that one odd file must not make useless."""

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from codesearch.sources.archive import ArchiveLimits, archive_snapshot, check_archive
from codesearch.sources.base import Reason, SourceError
from codesearch.sources.ignoring import IgnoreRules

LIMITS = ArchiveLimits(files=1_000, expanded_bytes=200_000_000, ratio=2_000, file_bytes=1_000_000)
MB = 1_000_000


@contextmanager
def no_more_than(size):
    """Check how much memory the block has at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def entries(path, limits=LIMITS):
    """Return the contents by path, each read when it is met, and what was left out."""
    snapshot = archive_snapshot(path, IgnoreRules(""), limits)
    return {entry.path: entry.read() for entry in snapshot.entries}, snapshot.left_out


def tar(path, members, mode="w:gz", form=tarfile.PAX_FORMAT):
    """Write a tar of (name or header, content) pairs."""
    with tarfile.open(path, mode, format=form, errors="surrogateescape") as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def header(name, kind, size, tail=b""):
    """Return a header of a tar that declares any size, and what comes after it."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT) + tail


@pytest.mark.parametrize("name", ["caf\udce9.py", "\udcff\udcfe.py", "a/\udc80/b.py"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_name_that_is_not_utf8_costs_that_file_alone(tmp_path, name, form):
    path = tar(tmp_path / "a.tgz", [("a.py", b"x"), (name, b"y"), ("b.py", b"z")], form=form)
    files, left_out = entries(path)
    assert files == {"a.py": b"x", "b.py": b"z"}
    assert left_out.counts == {Reason.UNREADABLE: 1}
    assert all(shown.encode() for shown in left_out.paths[Reason.UNREADABLE])


@pytest.mark.parametrize("name", ["a\0b.py", "x" * 1_001, "a/" * 600 + "b.py"])
def test_so_does_one_that_no_path_can_be(tmp_path, name):
    odd = tarfile.TarInfo("odd")
    odd.pax_headers = {"path": name}
    files, left_out = entries(tar(tmp_path / "a.tgz", [(odd, b"y"), ("b.py", b"z")]))
    assert files == {"b.py": b"z"}
    assert left_out.counts == {Reason.UNREADABLE: 1}
    assert "\0" not in left_out.paths[Reason.UNREADABLE][0]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_of_odd_names_are_left_out_too(tmp_path, kind):
    odd = tarfile.TarInfo("caf\udce9")
    odd.type, odd.linkname = kind, "/etc/passwd"
    _, left_out = entries(tar(tmp_path / "a.tgz", [(odd, b"")], form=tarfile.GNU_FORMAT))
    assert left_out.counts == {Reason.LINK: 1}
    assert left_out.paths[Reason.LINK][0].encode()


def test_the_last_of_two_files_of_one_path_counts(tmp_path):
    assert entries(tar(tmp_path / "a.tgz", [("a.py", b"1"), ("./a.py", b"2")]))[0] == {"a.py": b"2"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.py", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.py", b"2")
    assert entries(tmp_path / "a.zip")[0] == {"a.py": b"2"}


def test_archives_within_archives_are_files_like_others(tmp_path):
    inner = tar(tmp_path / "inner.tgz", [("evil.py", b"x")]).read_bytes()
    files, _ = entries(tar(tmp_path / "a.tgz", [("inner.tgz", inner), ("a.py", b"x")]))
    assert set(files) == {"inner.tgz", "a.py"}


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: header("a.py", tarfile.REGTYPE, 10**12), "bomb"),
        (lambda: header("a.py", tarfile.REGTYPE, 5 * MB), "damaged"),
        (lambda: header("x", tarfile.GNUTYPE_LONGNAME, 30 * MB, bytes(30 * MB)), "header has more than"),
        (lambda: header("x", tarfile.GNUTYPE_LONGLINK, 30 * MB, bytes(30 * MB)), "header has more than"),
        (lambda: header("x", tarfile.XHDTYPE, 30 * MB, bytes(30 * MB)), "header has more than"),
        (lambda: header("x", tarfile.XGLTYPE, 30 * MB, bytes(30 * MB)), "header has more than"),
        (lambda: header("x", tarfile.SOLARIS_XHDTYPE, 30 * MB, bytes(30 * MB)), "header has more than"),
        (lambda: header("x", tarfile.XHDTYPE, 512, b"99999999999 path=x\n".ljust(512, b"\0")), "damaged"),
        (lambda: header("x", tarfile.XHDTYPE, 512, b"0 path=x\n".ljust(512, b"\0")), "damaged"),
        (lambda: header("d", tarfile.DIRTYPE, 0) * 20_000, "folders and links"),
        (lambda: header("d", tarfile.SYMTYPE, 0) * 20_000, "folders and links"),
        (
            lambda: b"".join(header(f"{n}.py", tarfile.REGTYPE, 0) for n in range(1_001)),
            "more than 1,000 files",
        ),
        (lambda: header("a.py", tarfile.REGTYPE, 0)[:-1], "damaged"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data, 1)], ids=["plain", "packed"])
def test_hostile_tars_are_refused_with_a_reason(tmp_path, monkeypatch, made, says, pack):
    monkeypatch.setattr("codesearch.sources.archive._MAX_OTHERS", 10_000)
    (tmp_path / "a.tar").write_bytes(pack(made()))
    with no_more_than(20 * MB), suppress(SourceError):
        check_archive(tmp_path / "a.tar")
    with no_more_than(20 * MB), pytest.raises(SourceError, match=says):
        entries(tmp_path / "a.tar")


@pytest.mark.parametrize("field", ["size", "both"])
def test_a_zip_that_lies_about_sizes_gives_no_more_than_it_says(tmp_path, field):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", bytes(50 * MB))
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    if field == "both":
        content[22:26] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with no_more_than(20 * MB), pytest.raises(SourceError, match="damaged"):
        entries(path)


def test_a_zip_whose_files_lie_over_each_other_is_a_bomb(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.py", bytes(30 * MB))
        for number in range(1, 900):
            info = zipfile.ZipInfo(f"{number}.py")
            first = archive.filelist[0]
            info.header_offset, info.CRC = first.header_offset, first.CRC
            info.compress_size, info.file_size = first.compress_size, first.file_size
            archive.filelist.append(info)
        archive._didModify = True
    with pytest.raises(SourceError, match="bomb"):
        entries(path)


def test_ignore_files_take_no_memory_without_end(tmp_path):
    path = tar(tmp_path / "a.tgz", [(f"{n}/.gitignore", b"x\n" * 500_000) for n in range(21)])
    with pytest.raises(SourceError, match="ignore files have more than"):
        entries(path)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_never_in_memory(tmp_path, kind):
    """Its files are looked at one by one: forty of 1 MB take the memory of a few."""
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(40):
                archive.writestr(f"{number}.py", bytes([number]) * MB)
    else:
        tar(path, ((f"{number}.py", bytes([number]) * MB) for number in range(40)))
    with no_more_than(15 * MB):
        snapshot = archive_snapshot(path, IgnoreRules(""), LIMITS)
        assert sum(len(entry.read()) for entry in snapshot.entries) == 40 * MB


def test_nothing_is_read_of_a_zip_that_is_not_asked_for(tmp_path, monkeypatch):
    path, opened = tmp_path / "a.zip", []
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}.py", b"x")
    whole = zipfile.ZipFile.open

    def counted(archive, info, *rest):
        opened.append(info.filename)
        return whole(archive, info, *rest)

    monkeypatch.setattr(zipfile.ZipFile, "open", counted)
    for entry in archive_snapshot(path, IgnoreRules(""), LIMITS).entries:
        if entry.path == "7.py":
            assert entry.read() == b"x"
    assert opened == ["7.py"]


def test_a_directory_of_a_zip_that_takes_too_much_memory_is_told(tmp_path, monkeypatch):
    def full(*_):
        raise MemoryError

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.py", b"x")
    monkeypatch.setattr(zipfile.ZipFile, "infolist", full)
    with pytest.raises(SourceError, match="more memory than it may have"):
        entries(tmp_path / "a.zip", replace(LIMITS, files=1))
