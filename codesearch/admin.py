"""Repositories in the admin: add, index, rebuild, cancel, delete."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from codesearch import services
from codesearch.models import Build, Repository, VectorIndex
from searchapp.jobs.models import Job
from searchapp.source_admin import AUDIENCE_FIELDS, SourceAdmin, SourceAdminForm, VersionInline


class RepositoryAdminForm(SourceAdminForm):
    """Checks the source as every other way in does. A token that is left empty stays as it was."""

    SECRET = "token"
    UPLOAD, UPLOAD_KIND = "archive", Repository.SourceKind.ARCHIVE
    CHECKED = ("source_kind", "location", "ref", "token", "excludes")

    token = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the stored one.",
    )
    archive = forms.FileField(required=False, help_text="For an uploaded archive: a .zip or .tar.gz file.")

    class Meta:
        model = Repository
        fields = (
            *("name", "source_kind", "location", "ref", "token", "excludes", "refresh_every"),
            *AUDIENCE_FIELDS,
        )

    def store(self, upload: "UploadedFile[Any]") -> str:
        """The name under which an archive is kept. Raises InvalidInput."""
        return services.store_archive(upload)

    def suggested_name(self, location: str) -> str:
        """A name for a repository that was given none."""
        return services.suggested_name(location)

    def check_source(self, source: Repository) -> None:
        """Check a repository. Raises InvalidInput."""
        services.check_repository(source)


class BuildInline(VersionInline):
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


@admin.register(Repository)
class RepositoryAdmin(SourceAdmin):
    """Adding or changing a repository starts a build; deleting removes it in the background."""

    form = RepositoryAdminForm
    list_display = ("name", "source_kind", "location", "visibility", "units", "serving", "work")
    actions = ("index", "rebuild", "close", "cancel")
    fields = (
        *("name", "source_kind", "location", "archive", "ref", "token", "excludes", "refresh_every"),
        *AUDIENCE_FIELDS,
    )
    inlines = (BuildInline,)

    def refresh_source(self, source: Repository) -> Job:
        """Start a build."""
        return services.index_repository(source)

    def delete_source(self, source: Repository) -> Job:
        """Start the removal of a repository."""
        return services.delete_repository(source)

    @admin.action(description="Bring the index up to date")
    def index(self, request: HttpRequest, queryset: QuerySet[Repository]) -> None:
        """Start a build of each."""
        self.refresh_all(request, queryset)

    @admin.action(description="Rebuild from scratch")
    def rebuild(self, request: HttpRequest, queryset: QuerySet[Repository]) -> None:
        """Start a build of each that reads every file anew."""
        for repository in queryset:
            services.rebuild_repository(repository)


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
