"""Which account a person gets whom the provider vouches for, and what it may do."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from searchapp.oidc.client import Claims
from searchapp.oidc.errors import SignInRefused
from searchapp.oidc.models import Identity


def account_of(claims: Claims) -> User:
    """The account of a person, made on the first sign-in, with the groups that the provider names.

    Raises SignInRefused for a domain that may not sign in, an account that is closed, and a name that an
    account with a password has: nobody gets that by taking its name at the provider.
    """
    _check_domain(claims)
    try:
        return _followed(claims)
    except DataError as error:
        raise SignInRefused("The sign-in service gave you a name that no account can have.") from error


def _followed(claims: Claims) -> User:
    with transaction.atomic():
        issuer, subject = settings.OIDC["issuer"], str(claims["sub"])
        known = Identity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
        user = known.user if known else _new_account(claims, issuer, subject)
        if not user.is_active:
            raise SignInRefused("Your account is closed. Ask an administrator.")
        _follow_groups(user, claims)
    return user


def _check_domain(claims: Claims) -> None:
    domains = [domain.lower() for domain in settings.OIDC["domains"]]
    if not domains:
        return
    address = str(claims.get("email") or "")
    # An address that the provider has not verified is whatever the person wrote.
    if claims.get("email_verified") is not True or address.rpartition("@")[2].lower() not in domains:
        raise SignInRefused("People with your email address may not sign in here. Ask an administrator.")


def _new_account(claims: Claims, issuer: str, subject: str) -> User:
    name = str(claims.get("preferred_username") or claims.get("email") or subject)
    user = User(username=name, email=str(claims.get("email") or "")[:254])
    user.first_name, user.last_name = (
        str(claims.get(key) or "")[:150] for key in ("given_name", "family_name")
    )
    user.set_unusable_password()
    try:
        user.full_clean()
        with transaction.atomic():
            user.save()
            Identity.objects.create(user=user, issuer=issuer, subject=subject)
    except (ValidationError, IntegrityError) as error:
        if get_user_model().objects.filter(username=name).exists():
            raise SignInRefused(
                f"There is an account named {name} already. If it is yours, an administrator can add your "
                "identity to it."
            ) from error
        raise SignInRefused("The sign-in service gave you a name that no account can have.") from error
    return user


def _follow_groups(user: User, claims: Claims) -> None:
    """Put an account into those of the provider's groups that exist here, and out of all others.

    Without a claim of groups in the settings, groups and staff are the administrators' to give.
    """
    claim = settings.OIDC["groups_claim"]
    if not claim:
        return
    names = _texts(claims.get(claim))
    user.groups.set(Group.objects.filter(name__in=names))
    staff = settings.OIDC["staff_group"]
    if staff and user.is_staff != (staff in names) and not user.is_superuser:
        user.is_staff = staff in names
        user.save(update_fields=["is_staff"])


def _texts(value: Any) -> list[str]:
    """A claim of one text or several; anything else says nothing."""
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [text for text in given if isinstance(text, str)]
