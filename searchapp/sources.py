"""What is done with a source of any kind: add it, start a job on it, delete it."""

import uuid
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, Resolver404, resolve
from django.utils.text import slugify

from searchapp.audit import recording as audit
from searchapp.audit.listeners import subject_of
from searchapp.errors import Conflict, InvalidInput
from searchapp.jobs.models import Job
from searchapp.jobs.services import cancel_jobs_of, start_job
from searchapp.versions import Source
from searchapp.visibility import Audience, Visibility, audience_changed, default_visibility


def save_new(source: Source, audience: Audience | None = None) -> None:
    """Save a source that was checked, with the people who may see it; by default those of the settings.

    Raises InvalidInput where another took its name meanwhile, or there is no such audience.
    """
    audience = audience or Audience(default_visibility())
    groups = groups_of(audience)
    source.visibility = audience.visibility
    try:
        with transaction.atomic():
            source.save()
            source.groups.set(groups)
    except IntegrityError:
        raise name_taken(source) from None


def show_to(source: Source, audience: Audience) -> None:
    """Change who may see a source, from this moment on. Raises InvalidInput for what is no audience."""
    groups = groups_of(audience)
    with transaction.atomic():
        source.visibility = audience.visibility
        source.save(update_fields=["visibility"])
        source.groups.set(groups)
    audience_changed.send(type(source), source=source)


def groups_of(audience: Audience) -> Sequence[Group]:
    """The groups of an audience, where groups are chosen.

    Raises InvalidInput for a visibility or group that does not exist, and where no group is chosen.
    """
    if audience.visibility not in Visibility.values:
        known = ", ".join(Visibility.values)
        raise InvalidInput(f"Who may see it is one of {known}.", field="visibility")
    if audience.visibility != Visibility.GROUPS:
        return ()
    groups = list(Group.objects.filter(name__in=audience.groups))
    unknown = sorted(set(audience.groups) - {group.name for group in groups})
    if unknown:
        raise InvalidInput(
            f"There is no group named {unknown[0]}; groups are made in the admin.", field="groups"
        )
    if not groups:
        raise InvalidInput("Choose at least one group.", field="groups")
    return groups


def name_taken(source: Source) -> InvalidInput:
    """The error of a name that another source of its kind has."""
    return InvalidInput(f"There is a {source.KIND} named {source.name} already.", field="name")


def check_name(source: Source) -> None:
    """Check that the address of a source leads to it, and not to a page of that name. Raises InvalidInput."""
    try:
        found = resolve(source.get_absolute_url())
    except (NoReverseMatch, Resolver404):
        found = None
    if found is None or (found.url_name, found.kwargs.get("key")) != (source.KIND, source.key):
        raise InvalidInput(
            f"{source.name} stands for a page in addresses; choose another name.", field="name"
        )


def check_kind(source: Any, kind: str, *, replace: bool) -> None:
    """Check that a source of that name is to come from the kind of place that it has. Raises Conflict."""
    if source.source_kind != kind and not replace:
        raise Conflict(
            f"There is a {source.KIND} named {source.name} already, from another kind of source "
            f"({source.get_source_kind_display()}). Give another --name, or --replace to turn it into this."
        )


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
    """The last part of an address or a path; empty for what is neither.

    >>> last_part("https://example.org/data/films.ttl?version=2")
    'films.ttl'
    """
    try:
        path = urlsplit(location).path if "://" in location else location
    except ValueError:
        return ""
    return PurePosixPath(path.rstrip("/")).name


def slug_of(name: str, kind: str) -> str:
    """A name for addresses; where nothing of the name can stand in one, the kind with a random number.

    >>> slug_of("My films", "graph")
    'my-films'
    """
    return slugify(name)[:60] or f"{kind}-{uuid.uuid4().hex[:6]}"
