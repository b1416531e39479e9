"""What is done with a source of any kind: add it, start a job on it, delete it."""

import uuid
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from searchapp.audit import recording as audit
from searchapp.audit.listeners import subject_of
from searchapp.errors import InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_jobs_of, start_job
from searchapp.versions import Source


def save_new(source: Source) -> None:
    """Save a source that was checked. Raises InvalidInput where another took its name meanwhile."""
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError:
        raise name_taken(source) from None


def name_taken(source: Source) -> InvalidInput:
    """The error of a name that another source of its kind has."""
    return InvalidInput(f"There is a {source.KIND} named {source.name} already.", field="name")


def start(source: Source, kind: str, verb: str, **arguments: Any) -> Job:
    """Start a job of a kind on a source, or return the one that is at work on it; `verb` begins its title."""
    return start_job(
        kind=kind,
        subject=source.subject,
        title=f"{verb} {source.name}",
        arguments={source.KIND: source.pk, **arguments},
    )


def delete(source: Source, kind: str) -> Job:
    """Hide a source at once, cancel what works on it, and remove it by a job of a kind."""
    type(source)._default_manager.filter(pk=source.pk).update(deleting=True)
    audit.record(audit.Action.DELETED, subject=subject_of(source))
    cancel_jobs_of(source.subject)
    return start(source, kind, "Delete")


def check_size(upload: "UploadedFile[Any]", limit: int, field: str) -> None:
    """Check that an upload has no more than so many bytes. Raises InvalidInput with its field."""
    if (upload.size or 0) > limit:
        raise InvalidInput(f"The {field} is larger than {limit:,} bytes.", field=field)


def last_part(location: str) -> str:
    """The last part of an address or a path.

    >>> last_part("https://example.org/data/films.ttl?version=2")
    'films.ttl'
    """
    path = urlsplit(location).path if "://" in location else location
    return PurePosixPath(path.rstrip("/")).name


def slug_of(name: str, kind: str) -> str:
    """A name for addresses; where nothing of the name can stand in one, the kind with a random number.

    >>> slug_of("My films", "graph")
    'my-films'
    """
    return slugify(name)[:60] or f"{kind}-{uuid.uuid4().hex[:6]}"
