"""What a backup holds: written last, so that a folder with a manifest is complete."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from django.conf import settings

from searchapp.backup.errors import BackupError

NAME = "manifest.json"
FORMAT = 1
DUMP = "database.dump"
KEY = "encryption-key"
_FOLDERS = ("uploads", "graphs")
"""The folders of the data folder that a backup may hold files of."""


@dataclass(frozen=True)
class KeptFile:
    """A file of a backup."""

    size: int
    sha256: str


@dataclass
class Manifest:
    """The content of a backup. Names of files are relative to its folder."""

    created: str
    postgresql: int
    """The server's version, as PostgreSQL numbers it: 180001."""
    migrations: list[list[str]]
    """The migrations of the database: application, name."""
    key_fingerprint: str
    files: dict[str, KeptFile] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Files that the database names and that were not there."""
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupError for what is none, or of a format of the future."""
    try:
        read = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if read["format"] > FORMAT:
            raise BackupError("This backup was made by a newer Searchapp; install that first.")
        files = {name: KeptFile(**kept) for name, kept in read.pop("files").items()}
        manifest = Manifest(**read, files=files)
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no complete backup: it has no {NAME}.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"The {NAME} of {folder} cannot be read: {error}") from error
    for name in manifest.files:
        _check_name(name)
    if DUMP not in manifest.files:
        raise BackupError(f"{folder} is no complete backup: it has no {DUMP}.")
    return manifest


def sha256_of(path: Path) -> str:
    """The checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_fingerprint() -> str:
    """What tells one ENCRYPTION_KEY from another, and nothing about it."""
    return hmac.new(settings.ENCRYPTION_KEY.encode(), b"searchapp backup", hashlib.sha256).hexdigest()[:16]


def _check_name(name: str) -> None:
    """Refuse names that lead out of where a backup's files belong. Raises BackupError."""
    parts = PurePosixPath(name).parts
    is_file = len(parts) > 1 and parts[0] in _FOLDERS and PurePosixPath(name).as_posix() == name
    if name not in (DUMP, KEY) and (not is_file or ".." in parts or "\\" in name or "\0" in name):
        raise BackupError(f"The backup names a file where none belongs: {name!r}.")
