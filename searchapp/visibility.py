"""Who may see what: one rule, which every query of the ORM goes through.

Each source is visible to everyone, to signed-in people, or to chosen groups; what hangs on a source is
visible to whom the source is. The default managers of all these models add the rule to every query they
begin, and the rule asks who reads only when the query is run. So it holds for pages, API, lists, counts, and
for querysets that were made while the program was loaded. SQL that is written by hand takes the rule from
`visible_sql`.

The reader is the person of the request that is being answered. Where no request is, the system itself reads:
commands and jobs, which see all. In a process that answers requests, whatever reads outside of one sees what
everyone may see.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import FullResultSet
from django.db import models
from django.db.models import F, QuerySet
from django.db.models.expressions import Expression
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

AnyModel = TypeVar("AnyModel", bound=models.Model)
Sql = tuple[str, list[Any]]
"""A condition or query, and its parameters."""

audience_changed = Signal()
"""Sent with `source` when other people than before may see it."""


class Visibility(models.TextChoices):
    """Who may see a source."""

    EVERYONE = "everyone", "Everyone"
    SIGNED_IN = "signed-in", "Signed-in people"
    GROUPS = "groups", "Chosen groups"


def default_visibility() -> str:
    """The visibility of a source that was given none: ANONYMOUS_READ decides."""
    return str(Visibility.EVERYONE if settings.ANONYMOUS_READ else Visibility.SIGNED_IN)


@dataclass(frozen=True)
class Reader:
    """Whoever reads. Without anything set: a person who is not signed in."""

    sees_all: bool = False
    signed_in: bool = False
    user_id: int | None = None
    """A person, whose groups are looked up."""
    group_ids: tuple[int, ...] = ()
    """Any member of some groups, who may see only what each of these groups may."""


SYSTEM = Reader(sees_all=True)
ANONYMOUS = Reader()

_reader: ContextVar[Callable[[], Reader] | None] = ContextVar("reader", default=None)
_otherwise = [SYSTEM]
"""Who reads where nobody is set."""


def reader_of(user: Any) -> Reader:
    """A person as reader: staff and superusers see all."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return ANONYMOUS
    return Reader(sees_all=user.is_staff or user.is_superuser, signed_in=True, user_id=user.pk)


def current_reader() -> Reader:
    """Who reads now."""
    find = _reader.get()
    return find() if find is not None else _otherwise[0]


@contextmanager
def reading_as(reader: Reader | Callable[[], Reader]) -> Iterator[None]:
    """Let the block read as somebody; a function is asked anew at each query."""
    token = _reader.set(reader if callable(reader) else lambda: reader)
    try:
        yield
    finally:
        _reader.reset(token)


def fail_closed() -> None:
    """From now on, whatever reads in this process without being told as whom sees what everyone may see."""
    _otherwise[0] = ANONYMOUS


class ReaderMiddleware:
    """The person of a request reads: nobody in particular until it is known who calls.

    It comes first, since whatever comes before it would read as if there were no request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; one that is streamed is read by the same person."""
        # The API sets the account of a key as the request's user, too, as soon as it has found it.
        with reading_as(lambda: reader_of(getattr(request, "user", None))):
            response = self.get_response(request)
            # Files ask nothing, and the server sends them best by itself.
            is_file = getattr(response, "file_to_stream", None) is not None
            if response.streaming and not is_file and not getattr(response, "is_async", False):
                response.streaming_content = _as_now(response.streaming_content)  # type: ignore[attr-defined]
        return response


def _as_now(chunks: Iterator[bytes]) -> Iterator[bytes]:
    context = copy_context()
    chunks = iter(chunks)
    end = object()

    def streamed() -> Iterator[bytes]:
        while (chunk := context.run(next, chunks, end)) is not end:  # type: ignore[call-arg]
            yield chunk  # type: ignore[misc]

    return streamed()


@dataclass(frozen=True)
class Audience:
    """Who may see a source: its visibility and, for chosen groups, their names."""

    visibility: str
    groups: tuple[str, ...] = ()


class IsVisible(Expression):
    """Whether the reader may see the source of a kind that has a key; true at once where all is seen.

    The sources that are seen are looked up once a query, not joined, so that the plan stays as it is.
    """

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, key: Any, visible: Callable[[Reader], Sql]) -> None:
        super().__init__()
        self.key, self.visible = key, visible

    def get_source_expressions(self) -> list[Any]:
        """The key."""
        return [self.key]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Take the key once it has been resolved."""
        (self.key,) = exprs

    def as_sql(
        self, compiler: "SQLCompiler", connection: "BaseDatabaseWrapper"
    ) -> tuple[str, tuple[Any, ...]]:
        """The condition for who reads when the query is run. Raises FullResultSet where all is seen."""
        reader = current_reader()
        if reader.sees_all:
            raise FullResultSet
        key, parameters = compiler.compile(self.key)
        keys, key_parameters = self.visible(reader)
        return _unguessed(f"{key} = ANY(ARRAY({keys}))"), (*parameters, *key_parameters)


class VisibleManager(models.Manager[AnyModel]):
    """Begins queries for what the reader may see: sources, or what has a foreign key to one."""

    def get_queryset(self) -> QuerySet[AnyModel]:
        """The visible rows."""
        key, source = _way_to_source(self.model)
        return super().get_queryset().filter(IsVisible(F(key), lambda reader: _visible_keys(source, reader)))


class VisibleSubjectManager(models.Manager[AnyModel]):
    """Begins queries for rows whose `subject` is a source that the reader may see, as `repository:7`.

    Other subjects concern the installation as a whole: they are for those who see all.
    """

    def get_queryset(self) -> QuerySet[AnyModel]:
        """The visible rows."""
        return super().get_queryset().filter(IsVisible(F("subject"), _visible_subjects))


class Restricted(models.Model):
    """A source as far as this module knows it: what only some people may see."""

    KIND: ClassVar[str]
    """Its name in jobs' subjects and arguments, and its versions' foreign key to it."""
    KEY: ClassVar[str] = "slug"
    """The field that stands for it in addresses."""
    MADE_OF: ClassVar[Mapping[str, str]] = {}
    """Kinds of origin (`source_kind`) that are sources themselves, by whose key `location` names them: such a
    source is visible to those alone who may see its origin, too."""

    visibility = models.CharField(
        "who may see it", max_length=10, choices=Visibility, default=default_visibility
    )
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Who may see it, where groups are chosen."
    )

    objects = VisibleManager()

    class Meta:
        abstract = True

    @property
    def audience_reader(self) -> Reader:
        """Any of the people who may see it: what is put into it may be what all of them may see."""
        if self.visibility == Visibility.EVERYONE:
            return ANONYMOUS
        if self.visibility == Visibility.SIGNED_IN:
            return Reader(signed_in=True)
        return Reader(
            signed_in=True, group_ids=tuple(self.groups.order_by("pk").values_list("pk", flat=True))
        )


def visible_sql(source: type[Restricted], alias: str) -> Sql:
    """SQL that holds for the rows, under an alias, of sources of a kind that the reader may see."""
    reader = current_reader()
    condition, parameters = _condition(source, alias, reader)
    return condition if reader.sees_all else _unguessed(condition), parameters


def anything_for_everyone() -> bool:
    """Whether there is a source that people may see who are not signed in."""
    return any(
        source._base_manager.filter(visibility=Visibility.EVERYONE).exists()
        for source in sources_by_kind().values()
    )


@cache
def sources_by_kind() -> Mapping[str, type[Restricted]]:
    """The models of sources by their kinds."""
    return {model.KIND: model for model in apps.get_models() if issubclass(model, Restricted)}


@cache
def _way_to_source(model: type[models.Model]) -> tuple[str, type[Restricted]]:
    """The field of a model that holds the key of its source, and the source's model. Raises LookupError."""
    if issubclass(model, Restricted):
        return "pk", model
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Restricted):  # type: ignore[arg-type]
            return field.name, field.related_model  # type: ignore[return-value]
    raise LookupError(f"{model.__name__} has no foreign key to a source.")


def _unguessed(condition: str) -> str:
    """A condition of which PostgreSQL does not guess how many rows meet it.

    From how few sources are visible, it would guess that little hangs on them, and turn away from the indexes
    that find the nearest vectors: all can hang on one.
    """
    return f"CASE WHEN {condition} THEN TRUE ELSE FALSE END"


def _visible_keys(source: type[Restricted], reader: Reader) -> Sql:
    condition, parameters = _condition(source, "seen", reader)
    return f"SELECT seen.id FROM {source._meta.db_table} seen WHERE {condition}", parameters


def _visible_subjects(reader: Reader) -> Sql:
    queries, parameters = [], list[Any]()
    for kind, source in sources_by_kind().items():
        condition, values = _condition(source, "seen", reader)
        queries.append(f"SELECT '{kind}:' || seen.id FROM {source._meta.db_table} seen WHERE {condition}")
        parameters += values
    return " UNION ALL ".join(queries), parameters


def _condition(source: type[Restricted], alias: str, reader: Reader) -> Sql:
    if reader.sees_all:
        return "TRUE", []
    condition, parameters = _audience_condition(source, alias, reader)
    for source_kind, kind in source.MADE_OF.items():
        origin = sources_by_kind()[kind]
        origin_condition, values = _condition(origin, "origin", reader)
        condition += (
            f" AND ({alias}.source_kind <> %s OR {alias}.location IN"
            f" (SELECT origin.{origin.KEY} FROM {origin._meta.db_table} origin WHERE {origin_condition}))"
        )
        parameters += [source_kind, *values]
    return condition, parameters


def _audience_condition(source: type[Restricted], alias: str, reader: Reader) -> Sql:
    if not reader.signed_in:
        return f"{alias}.visibility = %s", [Visibility.EVERYONE.value]
    chosen: Any = source._meta.get_field("groups")
    key, group, table = chosen.m2m_column_name(), chosen.m2m_reverse_name(), chosen.m2m_db_table()
    if reader.user_id is not None:
        membership: Any = get_user_model()._meta.get_field("groups")
        person, joined = membership.m2m_column_name(), membership.m2m_reverse_name()
        mine = (
            f"SELECT chosen.{key} FROM {table} chosen JOIN {membership.m2m_db_table()} member"
            f" ON member.{joined} = chosen.{group} WHERE member.{person} = %s"
        )
        values: list[Any] = [reader.user_id]
    else:
        mine = (
            f"SELECT chosen.{key} FROM {table} chosen WHERE chosen.{group} = ANY(%s)"
            f" GROUP BY chosen.{key} HAVING count(*) = %s"
        )
        values = [list(reader.group_ids), max(1, len(reader.group_ids))]
    return (
        f"({alias}.visibility IN (%s, %s) OR {alias}.visibility = %s AND {alias}.id IN ({mine}))",
        [Visibility.EVERYONE.value, Visibility.SIGNED_IN.value, Visibility.GROUPS.value, *values],
    )
