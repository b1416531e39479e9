"""From a repository's row to where its files are."""

from pathlib import Path

import pytest

from codesearch.models import Repository
from codesearch.sources import SourceError, open_source, registry, validate_source


def repository(kind, location, **fields):
    return Repository(pk=7, name="r", source_kind=kind, location=location, **fields)


def test_an_archive_lies_among_the_uploads_whatever_its_row_says(settings):
    settings.MEDIA_ROOT = "/data/uploads"
    assert registry.archive_path("x.zip") == Path("/data/uploads/x.zip")
    assert registry.archive_path("../../etc/x.zip") == Path("/data/uploads/x.zip")


def test_a_store_of_fetches_is_known_by_the_repositorys_number(settings):
    settings.DATA_DIR = Path("/data")
    assert registry.git_store(repository("git", "https://x.example/y")) == Path("/data/git/7.git")


def test_a_folder_is_read_below_the_roots_or_if_it_is_trusted(settings, tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    settings.SOURCE_ROOTS = []
    with pytest.raises(SourceError, match="may be indexed"):
        validate_source(repository("folder", str(tmp_path)))
    trusted = repository("folder", str(tmp_path), trusted=True, excludes="b.py")
    validate_source(trusted)
    assert [entry.path for entry in open_source(trusted, lambda: None).entries] == ["a.py"]


def test_an_archive_is_looked_at_before_it_is_added(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "x.zip").write_text("no archive")
    with pytest.raises(SourceError, match="neither"):
        validate_source(repository("archive", "x.zip"))
    with pytest.raises(SourceError, match="upload it again"):
        open_source(repository("archive", "none.zip"), lambda: None)


def test_private_addresses_of_git_are_a_setting(settings):
    row = repository("git", "https://127.0.0.1/x.git")
    settings.ALLOWED_PRIVATE_HOSTS = []
    with pytest.raises(SourceError, match="private address"):
        validate_source(row)
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    validate_source(row)
