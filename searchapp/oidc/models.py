"""Which account a person of a provider has."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Identity(models.Model):
    """A person as a provider knows them, who signs in to an account.

    Names and email addresses change and are given to others; issuer and subject are neither.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.URLField(max_length=300)
    subject = models.CharField(max_length=255)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_an_identity")
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
