"""Uploads are kept under names of our own."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from searchapp.errors import InvalidInput
from searchapp.sources import check_size
from searchapp.uploads import keep_upload


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.zip", ".zip"),
        ("a.tar.gz", ".tar.gz"),
        ("a.b.tar.gz", ".tar.gz"),
        ("a", ""),
        (".hidden", ""),
        ("../../etc/x.py", ".py"),
        ("größe.ttl", ".ttl"),
        ("a." + "x" * 100, "x" * 20),
    ],
)
def test_a_name_keeps_its_last_two_endings_and_nothing_else(tmp_path, name, ending):
    kept = keep_upload(SimpleUploadedFile(name, b"content"), tmp_path / "new" / "folder")
    assert re.fullmatch(r"[0-9a-f]{32}", kept.removesuffix(ending))
    assert (tmp_path / "new" / "folder" / kept).read_bytes() == b"content"


def test_uploads_of_one_name_do_not_meet(tmp_path):
    names = {keep_upload(SimpleUploadedFile("a.zip", b"x"), tmp_path) for _ in range(3)}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert len(names) == 3


def test_a_large_upload_is_written_chunk_by_chunk(tmp_path):
    content = bytes(range(256)) * 1000
    upload = SimpleUploadedFile("a.zip", content)
    upload.DEFAULT_CHUNK_SIZE = 1000
    assert (tmp_path / keep_upload(upload, tmp_path)).read_bytes() == content


def test_an_upload_may_be_as_large_as_the_limit():
    check_size(SimpleUploadedFile("a", b"x" * 1000), 1000, "archive")
    with pytest.raises(InvalidInput, match="The archive is larger than 1,000 bytes") as error:
        check_size(SimpleUploadedFile("a", b"x" * 1001), 1000, "archive")
    assert error.value.field == "archive"
