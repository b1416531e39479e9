"""The provider of the settings: where people are sent, and what it vouches for when they come back.

Authlib does what the standard says: discovery, state, nonce, PKCE, the exchange of the code, and the check of
the token. What it leaves to its caller is decided here: that the provider is the configured one, which claims
must be there, and that tokens are signed with a key pair.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from joserfc.errors import JoseError
from requests import RequestException

from searchapp.oidc.errors import ProviderAway, SignInRefused

_SECONDS = 10
_LEEWAY_SECONDS = 60
_SIGNATURES = {
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
}

Claims = dict[str, Any]


def redirect_to_provider(request: HttpRequest, callback: str) -> HttpResponseBase:
    """Send a browser to the provider, which sends it back to `callback`.

    Raises ProviderAway.
    """
    with _told():
        answer: HttpResponseBase = _provider().authorize_redirect(request, callback)
    return answer


def claims_of(request: HttpRequest) -> Claims:
    """What the provider says of the person whom it sent back with this request.

    Raises SignInRefused for whatever is not as this browser's sign-in began, and for a token that is not
    this provider's, for this application, valid now; ProviderAway.
    """
    with _told():
        provider = _provider()
        expected = {
            "iss": {"essential": True, "values": [settings.OIDC["issuer"]]},
            "aud": {"essential": True, "values": [settings.OIDC["client_id"]]},
            **{name: {"essential": True} for name in ("sub", "exp", "iat", "nonce")},
        }
        token = provider.authorize_access_token(request, claims_options=expected, leeway=_LEEWAY_SECONDS)
        claims: Claims | None = token.get("userinfo")
    if not claims:
        raise SignInRefused("The sign-in service said nothing about you. Try again, or ask an administrator.")
    return dict(claims)


def _provider() -> Any:
    """The client of the provider, with what it says of itself. Raises ProviderAway."""
    registry = OAuth()
    registry.register(
        "oidc",
        client_id=settings.OIDC["client_id"],
        client_secret=settings.OIDC["client_secret"],
        server_metadata_url=f"{settings.OIDC['issuer'].rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.OIDC["scope"],
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )
    provider = registry.oidc
    metadata = provider.load_server_metadata()
    if metadata.get("issuer") != settings.OIDC["issuer"]:
        raise ProviderAway(
            f"The sign-in service calls itself {metadata.get('issuer')!r}; OIDC_ISSUER has to be just that."
        )
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in _SIGNATURES]
    return provider


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the libraries as ones of the tree; what a provider or an attacker wrote is not repeated."""
    try:
        yield
    except RequestException as error:
        raise ProviderAway(
            "The sign-in service does not answer. Try again in a moment.", transient=True
        ) from error
    except (AuthlibBaseError, JoseError) as error:
        raise SignInRefused(
            "The sign-in could not be confirmed. Begin again on the sign-in page, in this browser."
        ) from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ProviderAway("The sign-in service answers in a way that is not understood.") from error
