"""Identities in the admin: to give somebody who has an account already the way in through the provider."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from searchapp.oidc.models import Identity


@admin.register(Identity)
class IdentityAdmin(ModelAdmin):  # type: ignore[misc]
    """Who signs in to which account."""

    list_display = ("user", "issuer", "subject", "created")
    search_fields = ("user__username", "subject")
    autocomplete_fields = ("user",)
