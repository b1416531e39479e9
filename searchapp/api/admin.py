"""API keys in the admin: the text of a new key is shown once."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from searchapp.api.models import ApiKey

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Accounts."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class AccountGroupAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of accounts."""


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]
    """Keys: made and deleted, never changed."""

    list_display = ("name", "shown_prefix", "user", "scope", "created", "used")
    fields = ("name", "user", "scope")
    list_select_related = ("user",)

    @admin.display(description="Key")
    def shown_prefix(self, key: ApiKey) -> str:
        """The part of the key that is not secret."""
        return f"sa_{key.prefix}_…"

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Refuse changes: a key with other rights is another key."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Offer one's own account."""
        return {"user": request.user.pk}

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key and show its text, this once."""
        key, text = ApiKey.objects.issue(user=obj.user, name=obj.name, scope=obj.scope)
        obj.pk, obj.prefix, obj.digest = key.pk, key.prefix, key.digest
        messages.warning(
            request,
            format_html(
                "The key is <code>{}</code>. Copy it now: it is not stored and cannot be shown again.", text
            ),
        )
