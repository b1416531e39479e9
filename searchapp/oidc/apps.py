"""The Django application of OpenID Connect."""

from django.apps import AppConfig


class OidcConfig(AppConfig):
    """Identities that a provider vouches for."""

    name = "searchapp.oidc"
    verbose_name = "OpenID Connect"
