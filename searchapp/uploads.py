"""Uploaded files, kept under names of our own."""

import uuid
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile


def keep_upload(upload: "UploadedFile[Any]", folder: Path) -> str:
    """Write an upload into a folder.

    Its name there is given back, with the endings of the one that it came with. Nothing is left of one that
    could not be written to its end.
    """
    suffix = "".join(Path(upload.name or "").suffixes[-2:])[-20:]
    name = f"{uuid.uuid4().hex}{suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (folder / name).open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
    except BaseException:
        (folder / name).unlink(missing_ok=True)
        raise
    return name
