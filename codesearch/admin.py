"""Repositories in the admin: add, index, rebuild, cancel, delete."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from codesearch import services
from codesearch.models import Build, Repository, VectorIndex
from searchapp.error_display import shown_on, told
from searchapp.jobs.selectors import active_jobs, newest_job
from searchapp.jobs.services import cancel_job

if TYPE_CHECKING:
    _RepositoryModelForm = forms.ModelForm[Repository]
else:
    _RepositoryModelForm = forms.ModelForm

_FIELDS = ("name", "source_kind", "location", "ref", "token", "excludes")


class RepositoryAdminForm(_RepositoryModelForm):
    """Checks the source as every other way in does. A token that is left empty stays as it was."""

    token = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the stored one.",
    )
    archive = forms.FileField(required=False, help_text="For an uploaded archive: a .zip or .tar.gz file.")

    class Meta:
        model = Repository
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].required = False
        self.fields["name"].required = False

    def clean(self) -> dict[str, Any]:
        """Store an uploaded archive and check the source."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["token"] = cleaned.get("token") or (self.instance.token if self.instance.pk else "")
        archive = cleaned.get("archive")
        with shown_on(self):
            if archive is not None and cleaned.get("source_kind") == Repository.SourceKind.ARCHIVE:
                cleaned["name"] = cleaned.get("name") or services.suggested_name(archive.name)
                cleaned["location"] = services.store_archive(archive)
            cleaned["name"] = cleaned.get("name") or services.suggested_name(cleaned.get("location") or "")
            candidate = Repository(
                pk=self.instance.pk,
                trusted=self.instance.trusted,
                **{name: cleaned.get(name) or "" for name in _FIELDS},
            )
            services.check_repository(candidate)
        return cleaned


class BuildInline(TabularInline):  # type: ignore[misc]
    """The builds of a repository, to look at."""

    model = Build
    fields = (
        "number",
        "state",
        "revision",
        "files",
        "units",
        "added_files",
        "removed_files",
        "encoded_units",
        "started",
        "finished",
    )
    readonly_fields = fields
    extra = 0
    can_delete = False
    ordering = ("-number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: builds come from jobs."""
        return False


@admin.register(Repository)
class RepositoryAdmin(ModelAdmin):  # type: ignore[misc]
    """Adding or changing a repository starts a build; deleting removes it in the background."""

    form = RepositoryAdminForm
    list_display = ("name", "source_kind", "location", "units", "serving", "work")
    list_filter = ("source_kind",)
    search_fields = ("name", "location")
    actions = ("index", "rebuild", "cancel")
    fields = ("name", "source_kind", "location", "archive", "ref", "token", "excludes")
    inlines = (BuildInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Repository]:
        """Leave out what is being deleted."""
        return Repository.objects.filter(deleting=False)

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
    def work(self, repository: Repository) -> tuple[str, str] | str:
        """Return the newest job's state and progress."""
        job = newest_job(repository.subject)
        if job is None:
            return "–"
        shown = (
            f"{job.state} {job.percent} %" if job.is_active and job.percent is not None else str(job.state)
        )
        return str(job.state), shown

    def save_model(self, request: HttpRequest, obj: Repository, form: Any, change: bool) -> None:
        """Save, and bring the index up to date with the source."""
        for name in ("name", "location", "token"):
            setattr(obj, name, form.cleaned_data[name])
        super().save_model(request, obj, form, change)
        services.index_repository(obj)
        messages.info(request, f"{obj.name} is being indexed.")

    def delete_model(self, request: HttpRequest, obj: Repository) -> None:
        """Delete in the background."""
        services.delete_repository(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Repository]) -> None:
        """Delete in the background."""
        for repository in queryset:
            services.delete_repository(repository)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the repositories alone: listing their millions of rows would help nobody."""
        names = [f"Repository: {repository}" for repository in objs]
        return names, {"repositories": len(names)}, set(), []

    @admin.action(description="Bring the index up to date")
    def index(self, request: HttpRequest, repositories: QuerySet[Repository]) -> None:
        """Start a build of each."""
        for repository in repositories:
            services.index_repository(repository)

    @admin.action(description="Rebuild from scratch")
    def rebuild(self, request: HttpRequest, repositories: QuerySet[Repository]) -> None:
        """Start a build of each that reads every file anew."""
        for repository in repositories:
            services.rebuild_repository(repository)

    @admin.action(description="Cancel the work on it")
    def cancel(self, request: HttpRequest, repositories: QuerySet[Repository]) -> None:
        """Cancel what works on each."""
        subjects = [repository.subject for repository in repositories]
        for job in active_jobs().filter(subject__in=subjects):
            with told(request, job.title):
                cancel_job(job)


@admin.register(VectorIndex)
class VectorIndexAdmin(ModelAdmin):  # type: ignore[misc]
    """Which encoder's vectors are served; the action moves to the one that the settings choose."""

    list_display = ("identity", "dimension", "state", "created")
    actions = ("switch",)

    @admin.action(description="Move to the encoder that the settings choose")
    def switch(self, request: HttpRequest, _: QuerySet[VectorIndex]) -> None:
        """Start encoding everything with the configured encoder."""
        services.switch_encoder()
        messages.info(
            request, "Everything is being encoded; searches use the present encoder until that is complete."
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: builds make indexes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: VectorIndex | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: VectorIndex | None = None) -> bool:
        """Refuse: switching removes the index before."""
        return False
