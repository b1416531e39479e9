"""Sources and their versions: one lifecycle of builds, versions of graphs and scans of databases.

A job opens a version, or goes on with the one that a killed job left open; fills it, unseen; and publishes it
in one step. The version before serves until then, and is kept for a while, since somebody may still be
reading it. A job that fails abandons its version; the served one was not touched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.db import models, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from searchapp.jobs.context import JobContext
from searchapp.jobs.errors import JobError
from searchapp.visibility import Restricted, VisibleManager, current_reader


class Source(Restricted):
    """Something that is added, read by jobs into versions, asked, and deleted in the background.

    A concrete source has a field `serving`: its served version, or that version's number.
    """

    PUBLISHED_FIELDS: ClassVar[tuple[str, ...]] = ("serving",)
    """What publishing a version changes."""
    TOLD_TO_STAFF: ClassVar[frozenset[str]] = frozenset()
    """The kinds of origin (`source_kind`) whose `location` is a path on the server, or a server inside."""

    name = models.CharField(max_length=100)
    deleting = models.BooleanField(default=False, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta(Restricted.Meta):
        abstract = True
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The address of its page."""
        return reverse(self.KIND, args=[self.key])

    @property
    def key(self) -> str:
        """The value of its field `KEY`, by which addresses name it."""
        return str(getattr(self, self.KEY))

    @property
    def subject(self) -> str:
        """The name under which jobs work on it."""
        return f"{self.KIND}:{self.pk}"

    @property
    def shown_location(self) -> str:
        """Where it comes from; empty where only staff are told."""
        is_inside = getattr(self, "source_kind", "") in self.TOLD_TO_STAFF
        return "" if is_inside and not current_reader().sees_all else str(getattr(self, "location", ""))

    def point_to(self, version: Any) -> None:
        """Make a version the served one; it is not saved."""
        self.serving = version


class Version(models.Model):
    """One state of a source: what a job read of it."""

    class State(models.TextChoices):
        """Where a version is in its life. The first three are one state, open, in each kind's own word."""

        BUILDING = "building"
        LOADING = "loading"
        RUNNING = "running"
        SERVING = "serving"
        REPLACED = "replaced"
        ABANDONED = "abandoned"

    OPEN: ClassVar[tuple[State, ...]] = (State.BUILDING, State.LOADING, State.RUNNING)

    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State)
    started = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = VisibleManager()

    class Meta:
        abstract = True
        ordering: ClassVar = ["-number"]

    def begin(self) -> None:
        """Set what a new version begins with, before it is saved."""

    def finish(self, state: State) -> None:
        """Set a state in which it stays for now; it is not saved."""
        self.state, self.finished = state, timezone.now()


AnySource = TypeVar("AnySource", bound=Source)
AnyVersion = TypeVar("AnyVersion", bound=Version)


@dataclass(frozen=True)
class Lifecycle(Generic[AnySource, AnyVersion]):
    """How the versions of one kind of source come and go."""

    source: type[AnySource]
    version: type[AnyVersion]
    lost: str
    """What a person is told where a job finds no version to go on with."""
    forget: Callable[[AnyVersion], None]
    """Removes what an abandoned version wrote."""
    clear: Callable[[AnySource, AnyVersion, Sequence[AnyVersion], Sequence[AnyVersion]], None]
    """Called once a version serves, with those before that may still be read, and those that are too old."""
    kept: int = 2
    """How many versions may be read, the served one among them."""

    def versions(self, source: AnySource) -> QuerySet[AnyVersion]:
        """The versions of a source, the newest first."""
        return cast("QuerySet[AnyVersion]", self.version._default_manager.filter(**{source.KIND: source}))

    def source_of(self, context: JobContext) -> AnySource:
        """The source that a job works on. Raises JobError if it has been deleted."""
        source = self.deleted_or_not(context)
        if source is None or source.deleting:
            raise JobError(f"The {self.source.KIND} has been deleted.")
        return source

    def deleted_or_not(self, context: JobContext) -> AnySource | None:
        """The source that a job works on, even while it is being deleted; None once its row is gone."""
        key = context.job.arguments[self.source.KIND]
        return self._sources().filter(pk=key).first()

    def open_or_resume(self, source: AnySource) -> AnyVersion:
        """The version that a killed job left open, or else a new one."""
        return self._open(source) or self._new(source)

    def current(self, source: AnySource) -> AnyVersion:
        """The version that is open. Raises JobError if there is none."""
        version = self._open(source)
        if version is None:
            raise JobError(self.lost)
        return version

    def next_number(self, source: AnySource) -> int:
        """The number of a source's next version; the first is 1. Whoever takes it holds the source's row."""
        newest = self.versions(source).order_by("-number").first()
        return newest.number + 1 if newest else 1

    def publish(
        self,
        source: AnySource,
        version: AnyVersion,
        prepare: Callable[[AnySource, AnyVersion], None] | None = None,
    ) -> None:
        """Serve a version in one step, and clear away what is too old to be read.

        `prepare` gets the locked source and the version in the same transaction, before the version serves.
        """
        with transaction.atomic():
            locked = self._sources().select_for_update().get(pk=source.pk)
            if prepare is not None:
                prepare(locked, version)
            self.versions(locked).filter(state=Version.State.SERVING).update(state=Version.State.REPLACED)
            version.finish(Version.State.SERVING)
            version.save()
            locked.point_to(version)
            locked.save(update_fields=locked.PUBLISHED_FIELDS)
        source.point_to(version)
        replaced = list(self.versions(source).filter(state=Version.State.REPLACED))
        self.clear(source, version, replaced[: self.kept - 1], replaced[self.kept - 1 :])

    def abandon(self, context: JobContext) -> None:
        """Forget what a job wrote that failed or was cancelled; the served version was not touched."""
        source = self.deleted_or_not(context)
        if source is None:
            return
        for version in self.versions(source).filter(state__in=Version.OPEN):
            self.forget(version)
            version.finish(Version.State.ABANDONED)
            version.save(update_fields=["state", "finished"])

    def _sources(self) -> QuerySet[AnySource]:
        return cast("QuerySet[AnySource]", self.source._default_manager.all())

    def _open(self, source: AnySource) -> AnyVersion | None:
        return self.versions(source).filter(state__in=Version.OPEN).first()

    def _new(self, source: AnySource) -> AnyVersion:
        with transaction.atomic():
            locked = self._sources().select_for_update().get(pk=source.pk)
            version = self.version(**{source.KIND: source}, number=self.next_number(locked))
            version.begin()
            version.save()
        return version
