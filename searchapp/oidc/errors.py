"""Errors of signing in through a provider."""

from searchapp.errors import SearchappError, Unavailable


class SignInRefused(SearchappError):  # noqa: N818 - reads as what it is
    """The provider, or what it says, does not let this person in."""

    status = 403
    title = "You could not be signed in"
    code = "sign-in-refused"


class ProviderAway(Unavailable):
    """The provider does not answer, or not as OpenID Connect asks for."""

    title = "The sign-in service is away"
