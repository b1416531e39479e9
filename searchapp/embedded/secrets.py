"""Secrets that an embedded installation makes for itself on its first start."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from searchapp.embedded.errors import ServiceError


def stored_secret(data_dir: Path, name: str, length: int = 48) -> str:
    """The secret `name` of this data folder, made on first use; only its owner may read the file.

    Two processes that start at once agree: whoever links the file first wins.
    """
    path = data_dir / "secrets" / name
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        _make(path, length)
    except OSError as error:
        raise ServiceError(
            f"The data folder {data_dir} cannot be used: {error}. Set DATA_DIR to a folder you may write to."
        ) from error
    return path.read_text(encoding="ascii")


def _make(path: Path, length: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ServiceError(
            f"The data folder {path.parent.parent} cannot be written: {error}. Set DATA_DIR to another one."
        ) from error
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(length))
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
