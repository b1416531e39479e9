"""Secrets that an embedded installation makes for itself on its first start."""

import os
import secrets
from pathlib import Path


def stored_secret(data_dir: Path, name: str, length: int = 48) -> str:
    """Return the secret `name` of this data folder, made on first use; the file is readable by its owner alone.

    Two processes that start at once agree: whoever links the file first wins.
    """
    path = data_dir / "secrets" / name
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(length))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii")
