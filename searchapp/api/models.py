"""API keys."""

import hashlib
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

_PREFIX_LENGTH = 8


class ApiKeyManager(models.Manager["ApiKey"]):
    """Makes keys and finds them again."""

    def issue(self, *, user: Any, name: str, scope: str) -> "tuple[ApiKey, str]":
        """Make a key; return it with its text, which is shown once and not stored."""
        prefix = secrets.token_hex(_PREFIX_LENGTH // 2)
        text = f"sa_{prefix}_{secrets.token_urlsafe(32)}"
        return self.create(user=user, name=name, scope=scope, prefix=prefix, digest=digest(text)), text

    def find(self, text: str) -> "ApiKey | None":
        """The key with this text, if it exists and its account is active."""
        return self.select_related("user").filter(digest=digest(text), user__is_active=True).first()


class ApiKey(models.Model):
    """Access for a program, in the name of an account. Only a hash of the key is stored."""

    class Scope(models.TextChoices):
        """What the key permits."""

        READ = "read", "Read"
        WRITE = "write", "Read and write"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses it.")
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    prefix = models.CharField(max_length=_PREFIX_LENGTH, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    used = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[ApiKeyManager] = ApiKeyManager()

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering: ClassVar = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} (sa_{self.prefix}_…)"


def digest(text: str) -> str:
    """The hash under which a key is stored.

    Keys are random, so a plain hash cannot be reversed by guessing.
    """
    return hashlib.sha256(text.encode()).hexdigest()
