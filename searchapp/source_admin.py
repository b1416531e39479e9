"""Sources of any kind in the admin: add, refresh, cancel, delete."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from searchapp import sources
from searchapp.error_display import shown_on, told
from searchapp.jobs.models import Job
from searchapp.jobs.selectors import active_jobs, newest_job
from searchapp.jobs.services import cancel_job
from searchapp.versions import Source
from searchapp.visibility import Audience, Visibility, audience_changed

if TYPE_CHECKING:
    _SourceModelForm = forms.ModelForm[Source]
else:
    _SourceModelForm = forms.ModelForm


AUDIENCE_FIELDS = ("visibility", "groups")


class SourceAdminForm(_SourceModelForm):
    """Checks a source as every other way in does. A secret that is left empty stays as it was."""

    SECRET: ClassVar[str]
    """The field that is encrypted and never shown."""
    UPLOAD: ClassVar[str]
    UPLOAD_KIND: ClassVar[str]
    """The field of an uploaded file, and the kind of source that has one."""
    CHECKED: ClassVar[tuple[str, ...]]
    """The fields that checking needs, beside name and slug; it may change them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"name", "location", "visibility"} & self.fields.keys():
            self.fields[name].required = False

    def store(self, upload: "UploadedFile[Any]") -> str:
        """The name under which an upload is kept. Raises InvalidInput."""
        raise NotImplementedError

    def suggested_name(self, location: str) -> str:
        """A name for a source that was given none."""
        raise NotImplementedError

    def check_source(self, source: Any) -> None:
        """Check a source. Raises InvalidInput."""
        raise NotImplementedError

    def address(self, cleaned: dict[str, Any]) -> str:
        """The address or path in a form, from which a name is suggested; empty for none."""
        return str(cleaned.get("location") or "")

    def clean(self) -> dict[str, Any]:
        """Store an upload, complete the fields and check the source."""
        cleaned: dict[str, Any] = super().clean() or {}
        instance: Any = self.instance
        cleaned[self.SECRET] = cleaned.get(self.SECRET) or (
            getattr(instance, self.SECRET) if instance.pk else ""
        )
        cleaned.setdefault("location", instance.location)
        cleaned["visibility"] = cleaned.get("visibility") or instance.visibility
        with shown_on(self):
            self._store(cleaned)
            cleaned["name"] = cleaned.get("name") or self.suggested_name(self.address(cleaned))
            self._check(cleaned)
            self._check_audience(cleaned)
        return cleaned

    def _check_audience(self, cleaned: dict[str, Any]) -> None:
        names = tuple(group.name for group in cleaned.get("groups") or ())
        sources.groups_of(Audience(cleaned["visibility"], names))

    def _store(self, cleaned: dict[str, Any]) -> None:
        upload = cleaned.get(self.UPLOAD)
        if upload is not None and cleaned.get("source_kind") == self.UPLOAD_KIND:
            cleaned["name"] = cleaned.get("name") or self.suggested_name(upload.name)
            cleaned["location"] = self.store(upload)

    def _check(self, cleaned: dict[str, Any]) -> None:
        model: Any = type(self.instance)
        fields: dict[str, Any] = {name: cleaned.get(name) for name in self.CHECKED}
        if hasattr(self.instance, "trusted"):
            fields["trusted"] = self.instance.trusted
        if hasattr(self.instance, "slug"):
            fields["slug"] = self.instance.slug or sources.slug_of(cleaned["name"], model.KIND)
        given = {name: value for name, value in fields.items() if value is not None}
        checked = model(pk=self.instance.pk, name=cleaned["name"], **given)
        self.check_source(checked)
        cleaned |= {name: getattr(checked, name) for name in given}


class VersionInline(TabularInline):  # type: ignore[misc]
    """The versions of a source, to look at."""

    extra = 0
    can_delete = False
    ordering = ("-number",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All fields."""
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: versions come from jobs."""
        return False


class SourceAdmin(ModelAdmin):  # type: ignore[misc]
    """Adding or changing a source starts a job on it; deleting removes it in the background."""

    list_filter = ("source_kind", "visibility")
    filter_horizontal = ("groups",)
    search_fields = ("name", "location")

    def refresh_source(self, source: Any) -> Job:
        """Start the job that reads a source."""
        raise NotImplementedError

    def delete_source(self, source: Any) -> Job:
        """Start the job that removes a source."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what is being deleted."""
        sources: QuerySet[Any] = super().get_queryset(request)
        return sources.filter(deleting=False)

    @display(  # type: ignore[untyped-decorator]
        description="Work",
        label={
            "queued": "info",
            "running": "info",
            "cancelling": "warning",
            "succeeded": "success",
            "failed": "danger",
        },
    )
    def work(self, source: Source) -> tuple[str, str] | str:
        """The newest job's state and progress."""
        job = newest_job(source.subject)
        if job is None:
            return "–"
        is_counted = job.is_active and job.percent is not None
        return str(job.state), f"{job.state} {job.percent} %" if is_counted else str(job.state)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was checked."""
        for name in {"slug", "name", "location", form.SECRET} & form.cleaned_data.keys():
            setattr(obj, name, form.cleaned_data[name])
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Read the source once all that was written about it is kept."""
        super().save_related(request, form, formsets, change)
        if change and not {*AUDIENCE_FIELDS}.isdisjoint(form.changed_data):
            audience_changed.send(type(form.instance), source=form.instance)
        self.refresh_source(form.instance)
        messages.info(request, f"{form.instance.name} is being read.")

    def refresh_all(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        """Start the job that reads it on each of some sources."""
        for source in queryset:
            self.refresh_source(source)
        messages.success(request, "They are being read.")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete in the background."""
        self.delete_source(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        """Delete in the background."""
        for source in queryset:
            self.delete_source(source)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the sources alone: listing their millions of rows would help nobody."""
        names = [f"{self.model.KIND.capitalize()}: {source}" for source in objs]
        return names, {str(self.model._meta.verbose_name_plural): len(names)}, set(), []

    @admin.action(description="Show to signed-in people only", permissions=("change",))
    def close(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        """Hide what everyone may see from those who are not signed in; what groups may see stays theirs."""
        for source in queryset:
            if source.visibility == Visibility.EVERYONE:
                sources.show_to(source, Audience(Visibility.SIGNED_IN))
        messages.success(request, "Only people who are signed in see them.")

    @admin.action(description="Cancel the work on it")
    def cancel(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        """Cancel what works on each."""
        subjects = [source.subject for source in queryset]
        for job in active_jobs().filter(subject__in=subjects):
            with told(request, job.title):
                cancel_job(job)
