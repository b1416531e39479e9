"""Folders on the server: their order, what cannot be read, and what changes while they are read."""

import pytest

from codesearch.models import Repository
from codesearch.sources.base import Reason, SourceError
from codesearch.sources.folder import allowed_folder, folder_snapshot
from codesearch.sources.ignoring import IgnoreRules
from codesearch.sources.registry import open_source, validate_source
from tests.conftest import write_files


def paths(snapshot):
    return [entry.path for entry in snapshot.entries]


def test_files_come_before_the_folders_beside_them_each_by_name(tmp_path):
    write_files(tmp_path, {"b.py": "x", "a/z.py": "x", "c/y.py": "x", "a/b/c.py": "x", "d.py": "x"})
    snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
    assert paths(snapshot) == ["b.py", "d.py", "a/z.py", "a/b/c.py", "c/y.py"]


def test_folders_of_package_managers_are_counted_and_not_entered(tmp_path):
    write_files(tmp_path, {"node_modules/x/a.js": "x", ".git/config": "x", "a.py": "x"})
    snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
    assert paths(snapshot) == ["a.py"]
    assert snapshot.left_out.paths == {Reason.VENDORED: [".git/", "node_modules/"]}


def test_an_ignored_folder_counts_once_with_a_slash(tmp_path):
    write_files(tmp_path, {".gitignore": "out/", "out/a.py": "x", "out/b.py": "x"})
    snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
    assert paths(snapshot) == [".gitignore"]
    assert snapshot.left_out.as_dict() == {"named by .gitignore": {"count": 1, "paths": ["out/"]}}


def test_a_link_put_in_the_place_of_a_listed_file_is_not_followed(tmp_path):
    write_files(tmp_path, {"project/a.py": "x", "secret": "x"})
    (entry,) = folder_snapshot(tmp_path / "project", IgnoreRules("")).entries
    (tmp_path / "project" / "a.py").unlink()
    (tmp_path / "project" / "a.py").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic link"):
        entry.read()


def test_an_ignore_file_that_is_a_link_is_not_read(tmp_path):
    write_files(tmp_path, {"project/a.py": "x", "rules": "*.py"})
    (tmp_path / "project" / ".gitignore").symlink_to(tmp_path / "rules")
    snapshot = folder_snapshot(tmp_path / "project", IgnoreRules(""))
    assert paths(snapshot) == ["a.py"]
    assert snapshot.left_out.counts == {Reason.LINK: 1}


def test_a_folder_that_is_gone_while_its_neighbours_are_read_is_counted(tmp_path):
    write_files(tmp_path, {"a.py": "x", "sub/b.py": "x"})
    snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
    entries = iter(snapshot.entries)
    next(entries)
    (tmp_path / "sub" / "b.py").unlink()
    (tmp_path / "sub").rmdir()
    assert list(entries) == []
    assert snapshot.left_out.paths == {Reason.UNREADABLE: ["sub/"]}


def test_an_empty_folder_has_no_files(tmp_path):
    snapshot = folder_snapshot(tmp_path, IgnoreRules(""))
    assert (paths(snapshot), snapshot.left_out.counts) == ([], {})


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_told_at_once(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="There is no folder"):
        folder_snapshot(tmp_path / name, IgnoreRules(""))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("sub", "is not an absolute path"),
        ("{root}x", "is not below a folder"),
        ("{root}/none", "There is no folder"),
        ("{root}/file", "There is no folder"),
    ],
)
def test_why_a_folder_may_not_be_indexed(tmp_path, location, message):
    root = tmp_path / "root"
    write_files(tmp_path, {"root/file": "x", "rootx/a.py": "x"})
    with pytest.raises(SourceError, match=message) as error:
        allowed_folder(location.format(root=root), [root])
    assert error.value.field == "location"


def test_where_no_roots_are_set_no_folder_may_be_indexed(tmp_path):
    with pytest.raises(SourceError, match="SOURCE_ROOTS: none"):
        allowed_folder(str(tmp_path), [])


@pytest.mark.parametrize("location", ["root/data", "root/data/secrets", "way", "root/other/../data"])
def test_what_the_product_itself_keeps_is_not_indexed(tmp_path, settings, location):
    write_files(tmp_path, {"root/data/secrets/key": "x", "root/other/a.py": "x", "root/database/a.py": "x"})
    (tmp_path / "way").symlink_to(tmp_path / "root" / "data")
    settings.SOURCE_ROOTS, settings.DATA_DIR = [tmp_path / "root"], tmp_path / "root" / "data"
    with pytest.raises(SourceError, match="what Searchapp itself keeps"):
        validate_source(Repository(source_kind="folder", location=str(tmp_path / location)))
    for allowed in ("root/other", "root/database"):
        validate_source(Repository(source_kind="folder", location=str(tmp_path / allowed)))


def test_what_the_product_itself_keeps_is_passed_over_where_a_folder_contains_it(tmp_path, settings):
    write_files(tmp_path, {"a.py": "x", "kept/secrets/key.py": "x", "kept/x.py": "x", "sub/b.py": "x"})
    settings.DATA_DIR = tmp_path / "kept"
    for trusted in (True, False):
        settings.SOURCE_ROOTS = [tmp_path]
        repository = Repository(source_kind="folder", location=str(tmp_path), trusted=trusted)
        snapshot = open_source(repository, lambda: None)
        assert paths(snapshot) == ["a.py", "sub/b.py"]
        assert snapshot.left_out.paths == {Reason.OWN_DATA: ["kept/"]}
    inside = Repository(source_kind="folder", location=str(tmp_path / "kept"), trusted=True)
    assert paths(open_source(inside, lambda: None)) == []


def test_secrets_are_passed_over_by_their_names(tmp_path):
    secrets = [
        ".ssh/id_rsa",
        ".ssh/config.py",
        "a/.aws/credentials",
        ".env",
        "a/.env.local",
        ".netrc",
        "b/server.key",
    ]
    shown = [".env.example", "a/environment.py", "a/keys.py", "ssh/a.py"]
    write_files(tmp_path, dict.fromkeys([*secrets, *shown], "x"))
    snapshot = folder_snapshot(tmp_path, IgnoreRules("!.env"))
    assert sorted(paths(snapshot)) == sorted(shown)
    assert snapshot.left_out.counts[Reason.SECRET] == 6


def test_a_folder_is_known_by_its_real_path(tmp_path, monkeypatch):
    write_files(tmp_path, {"root/sub/a.py": "x"})
    (tmp_path / "way").symlink_to(tmp_path / "root")
    monkeypatch.setenv("HOME", str(tmp_path))
    real = tmp_path / "root" / "sub"
    assert allowed_folder(str(tmp_path / "way" / "sub"), [tmp_path / "root"]) == real
    assert allowed_folder(str(real), [tmp_path / "way"]) == real
    assert allowed_folder("~/root/sub", [tmp_path / "root"]) == real
