"""Making a backup of a running installation, checking one, and bringing one back.

The database is dumped as one snapshot sees it; then the files are copied that the same snapshot names. They
never change: uploads have names of their own, and a version of a graph is a folder of its own.
"""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from searchapp.backup import postgres
from searchapp.backup.errors import BackupError
from searchapp.backup.manifest import (
    DUMP,
    KEY,
    NAME,
    KeptFile,
    Manifest,
    key_fingerprint,
    read_manifest,
    sha256_of,
)
from searchapp.startup import startups

Say = Callable[[str], None]

_TRIES = 3
_CHUNK_BYTES = 1 << 20
# What a new installation has, too, or what says nothing about people's content.
_NO_CONTENT = {"contenttypes", "sessions", "admin"}


def back_up(folder: Path, *, with_key: bool = False, say: Say = print) -> Manifest:
    """Write a backup into a folder that does not exist yet; it appears there once it is complete.

    `with_key` adds ENCRYPTION_KEY, without which tokens cannot be read. Raises BackupError.
    """
    if folder.exists():
        raise BackupError(f"{folder} exists already; give a folder that does not.")
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        for _ in range(_TRIES):
            draft.mkdir(parents=True, mode=0o700)
            manifest = _written(draft, with_key, say)
            # What vanished since the snapshot is not in the next one; what still is named was lost before.
            if not set(manifest.missing) - _named():
                draft.rename(folder)
                return manifest
            say("Files were removed meanwhile; once more.")
            shutil.rmtree(draft)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    raise BackupError(
        "Files that belong to the backup were removed while it ran, each time; try again later."
    )


def verify(folder: Path) -> Manifest:
    """Read a whole backup and compare each file's checksum. Raises BackupError for the first that differs."""
    manifest = read_manifest(folder)
    for name, kept in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise BackupError(f"The backup is damaged: {name} is missing.")
        if path.stat().st_size != kept.size or sha256_of(path) != kept.sha256:
            raise BackupError(f"The backup is damaged: {name} is not what was written.")
    return manifest


def restore(folder: Path, *, replace: bool = False, say: Say = print) -> Manifest:
    """Bring a backup back into an empty installation, or with `replace` in the place of what is there.

    Nothing is changed before the whole backup was read and fits. Raises BackupError.
    """
    say("Reading the backup …")
    manifest = verify(folder)
    _check_migrations(manifest)
    _check_place(replace)
    data = Path(settings.DATA_DIR)
    staged = data / f"restoring-{uuid.uuid4().hex[:8]}"
    try:
        _copy_files(folder, manifest, staged)
        say("Loading the database …")
        postgres.load(folder / DUMP)
        _put_in_place(staged, data)
    except OSError as error:
        raise BackupError(f"The files cannot be written: {error}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    call_command("migrate", verbosity=0, interactive=False)
    return manifest


def has_key(manifest: Manifest) -> bool:
    """Whether tokens of a backup can be read with the present ENCRYPTION_KEY."""
    return manifest.key_fingerprint == key_fingerprint()


def _written(draft: Path, with_key: bool, say: Say) -> Manifest:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        named = _named()
        manifest = Manifest(
            created=timezone.now().isoformat(timespec="seconds"),
            postgresql=postgres.server_version(),
            migrations=sorted(
                [app, name] for app, name in MigrationRecorder(connection).applied_migrations()
            ),
            key_fingerprint=key_fingerprint(),
        )
        say("Writing the database …")
        postgres.dump(draft / DUMP, snapshot=snapshot)
    manifest.files[DUMP] = _kept(draft / DUMP)
    if with_key:
        (draft / KEY).touch(mode=0o600)
        (draft / KEY).write_text(settings.ENCRYPTION_KEY, encoding="utf-8")
        manifest.files[KEY] = _kept(draft / KEY)
    say(f"Copying files of {len(named)} sources …")
    for name in sorted(named):
        _copy_named(name, draft, manifest)
    manifest.write(draft)
    return manifest


def _named() -> set[str]:
    """The files and folders that the database names, relative to the data folder."""
    data = Path(settings.DATA_DIR)
    paths = (path for startup in startups() for path in startup.files())
    return {path.relative_to(data).as_posix() for path in paths}


def _copy_named(name: str, draft: Path, manifest: Manifest) -> None:
    source = Path(settings.DATA_DIR) / name
    try:
        for path in _files_of(source):
            relative = path.relative_to(settings.DATA_DIR).as_posix()
            manifest.files[relative] = _copied(path, draft / relative)
    except FileNotFoundError:
        manifest.missing.append(name)


def _files_of(path: Path) -> Iterable[Path]:
    """The files of a folder, or the file itself. Raises FileNotFoundError where there is neither."""
    path.stat()
    return sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]


def _copied(source: Path, target: Path) -> KeptFile:
    """Copy a file a piece at a time, and compute its checksum on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += written.write(chunk)
    return KeptFile(size, digest.hexdigest())


def _kept(path: Path) -> KeptFile:
    return KeptFile(path.stat().st_size, sha256_of(path))


def _check_migrations(manifest: Manifest) -> None:
    """Refuse what this version of the product does not know. Raises BackupError."""
    known = MigrationLoader(connection).disk_migrations
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"This backup was made by a newer Searchapp, or one with other applications ({unknown[0]} is not "
            "known here); install that one first."
        )
    if manifest.postgresql // 10000 > postgres.server_version() // 10000:
        raise BackupError(
            f"This backup is of PostgreSQL {manifest.postgresql // 10000}, and here runs "
            f"{postgres.server_version() // 10000}; use the same or a newer one."
        )


def _check_place(replace: bool) -> None:
    """Refuse to overwrite content, or to work under running servers. Raises BackupError."""
    if others := postgres.other_sessions():
        raise BackupError(
            f"{others} other connections use the database: stop the web server, the worker and the scheduler "
            "first."
        )
    if not replace and (content := _content()):
        raise BackupError(
            f"This installation is not empty: it has {content}. With --replace, everything here is removed."
        )


def _content() -> str:
    """What makes an installation more than new; empty if nothing does."""
    models = (model for model in apps.get_models() if model._meta.app_label not in _NO_CONTENT)
    for model in models:
        if model._meta.label != "auth.Permission" and model._base_manager.exists():
            return str(model._meta.verbose_name_plural)
    return ""


def _copy_files(folder: Path, manifest: Manifest, staged: Path) -> None:
    for name, kept in manifest.files.items():
        if name not in (DUMP, KEY, NAME) and _copied(folder / name, staged / name) != kept:
            raise BackupError(f"The backup changed while it was read: {name}.")


def _put_in_place(staged: Path, data: Path) -> None:
    """Put the folders of a backup where those of the installation are."""
    for name in ("uploads", "graphs"):
        shutil.rmtree(data / name, ignore_errors=True)
        if (staged / name).exists():
            (staged / name).rename(data / name)
    # A folder of samples is added to an empty installation only.
    (data / "samples-added").touch()
