"""The way to the provider and back."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from searchapp.audit import recording as audit
from searchapp.oidc.client import claims_of, redirect_to_provider
from searchapp.oidc.services import account_of

_NEXT = "oidc-next"


@never_cache
@require_GET
def begin(request: HttpRequest) -> HttpResponseBase:
    """Send the browser to the provider."""
    _check_on()
    request.session[_NEXT] = request.GET.get("next", "")
    return redirect_to_provider(request, request.build_absolute_uri(reverse("oidc-callback")))


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Sign the person in whom the provider sent back."""
    _check_on()
    with audit.failures_recorded(audit.Action.SIGN_IN, subject="OpenID Connect", detail=""):
        user = account_of(claims_of(request))
    target = str(request.session.pop(_NEXT, ""))
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    allowed = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if target and allowed else settings.LOGIN_REDIRECT_URL)


def _check_on() -> None:
    if not settings.OIDC["issuer"]:
        raise Http404
