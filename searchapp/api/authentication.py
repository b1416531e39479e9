"""Who is calling: `Authorization: Bearer sa_…`."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from searchapp.api.models import ApiKey
from searchapp.throttling import count_unknown

_USED_EVERY = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    """Accepts an API key as a bearer token."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """The key's account and the key; None where no bearer token is given.

        Raises AuthenticationFailed, and TooManyRequests for an address that tries too many keys.
        """
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        key = ApiKey.objects.find(" ".join(parts[1:]))
        if key is None:
            count_unknown(request)
            raise AuthenticationFailed("This API key does not exist or its account is closed.")
        now = timezone.now()
        if key.used is None or now - key.used > _USED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(used=now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header, so that a missing key is 401 and not 403."""
        return self.keyword


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the keys in the OpenAPI document."""

    target_class = "searchapp.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key, made in the admin: `sa_…`"}
