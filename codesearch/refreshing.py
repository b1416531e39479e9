"""Bringing repositories up to date without being asked: by schedule, and when their host says so."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from codesearch import jobs, services
from codesearch.models import Repository
from searchapp.errors import SearchappError
from searchapp.jobs.models import Job
from searchapp.visibility import SYSTEM, reading_as

_EVERY = {
    Repository.RefreshEvery.HOUR: timedelta(hours=1),
    Repository.RefreshEvery.DAY: timedelta(days=1),
    Repository.RefreshEvery.WEEK: timedelta(weeks=1),
}
_PUSHES = frozenset(("push", "push hook", "tag push hook"))
_BRANCH, _TAG = "refs/heads/", "refs/tags/"


class NotSigned(SearchappError):  # noqa: N818 - reads as what it is
    """A webhook's signature does not fit, or there is nothing that it could fit."""

    status = 403
    title = "Not signed"
    code = "not-signed"


@dataclass(frozen=True)
class Notified:
    """What a webhook led to."""

    started: bool
    reason: str
    """Why nothing was started; empty where something was."""


def refresh_due() -> int:
    """Start a build of each repository whose last one began long enough ago; how many."""
    now = timezone.now()
    due = [one for one in _scheduled() if _is_due(one, now)]
    for repository in due:
        services.index_repository(repository)
    return len(due)


def notified(name: str, headers: Mapping[str, str], body: bytes) -> Notified:
    """Bring a repository up to date because its host says that somebody pushed to it.

    GitHub and Gitea sign the body with the repository's secret, GitLab sends the secret. Raises NotSigned
    where neither fits, or there is no such repository or no secret: a stranger learns no more.
    """
    # Whoever knows the secret speaks for the repository, whoever may see it.
    with reading_as(SYSTEM):
        repository = Repository.objects.filter(name=name, deleting=False).first()
        if repository is None or not repository.hook_secret or not _is_signed(repository, headers, body):
            raise NotSigned("The webhook's signature does not fit.")
        reason = _reason_to_ignore(repository, headers, body)
        if not reason:
            services.index_repository(repository)
        return Notified(not reason, reason)


def _is_signed(repository: Repository, headers: Mapping[str, str], body: bytes) -> bool:
    secret = repository.hook_secret.encode()
    wanted = hmac.new(secret, body, "sha256").hexdigest()
    for name, prefix in (("X-Hub-Signature-256", "sha256="), ("X-Gitea-Signature", "")):
        given = headers.get(name)
        if given is not None:
            return hmac.compare_digest(given.encode(), f"{prefix}{wanted}".encode())
    token = headers.get("X-Gitlab-Token")
    return token is not None and hmac.compare_digest(token.encode(), secret)


def _reason_to_ignore(repository: Repository, headers: Mapping[str, str], body: bytes) -> str:
    event = next(
        (
            value
            for name in ("X-GitHub-Event", "X-Gitea-Event", "X-Gitlab-Event")
            if (value := headers.get(name))
        ),
        "",
    )
    if event.lower() not in _PUSHES:
        return f"The event {event[:50]!r} is no push."
    pushed, default = _pushed(body)
    wanted = repository.ref or default
    if pushed and wanted and wanted not in (pushed, pushed.removeprefix(_BRANCH), pushed.removeprefix(_TAG)):
        return f"The push was to {pushed[:200]}, and {wanted} is indexed."
    return ""


def _pushed(body: bytes) -> tuple[str, str]:
    """The ref that was pushed to, and the default branch; empty where the body does not say."""
    try:
        said = json.loads(body)
    except ValueError:
        return "", ""
    told = said if isinstance(said, dict) else {}
    about = [part for key in ("repository", "project") if isinstance(part := told.get(key), dict)]
    default = next((str(part["default_branch"]) for part in about if part.get("default_branch")), "")
    return _text(told.get("ref")), default


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _scheduled() -> list[Repository]:
    return list(Repository.objects.filter(deleting=False, refresh_every__in=_EVERY))


def _is_due(repository: Repository, now: datetime) -> bool:
    last = Job.objects.filter(subject=repository.subject, kind=jobs.INDEX).order_by("-id").first()
    every = _EVERY[Repository.RefreshEvery(repository.refresh_every)]
    return last is None or (not last.is_active and now - last.created >= every)
