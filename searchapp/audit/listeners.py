"""What is recorded by itself: sign-ins, and changes of what administrators manage."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import BooleanField, Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest

from searchapp.audit.recording import Action, Outcome, record

UNKNOWN_NAME = "(unknown name)"
"""Stands for a name that nobody has: people type passwords into the wrong field."""
# Fields that change by themselves, beside those that publishing a version of a source changes.
_OWN_FIELDS = {"last_login", "used", "deleting"}
_BEFORE = "_audited_before"


def connect() -> None:
    """Listen; called once, when all models are known."""
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_sign_in_failed)
    for name in settings.AUDITED_MODELS:
        model = apps.get_model(name)
        pre_save.connect(_remember, sender=model)
        post_save.connect(_saved, sender=model)
        post_delete.connect(_deleted, sender=model)
        for field in model._meta.many_to_many:
            m2m_changed.connect(_members_changed, sender=getattr(model, field.name).through)


def known_name(name: object) -> str:
    """A name of an account as it may be kept."""
    users = get_user_model()._default_manager
    text = str(name or "")[:150].replace("\0", "")
    return text if users.filter(username=text).exists() else UNKNOWN_NAME


def _signed_in(sender: object, request: HttpRequest, user: Any, **_: Any) -> None:
    record(Action.SIGN_IN, account=user.get_username(), request=request)


def _signed_out(sender: object, request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        record(Action.SIGN_OUT, account=user.get_username(), request=request)


def _sign_in_failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    name = known_name(credentials.get("username"))
    record(Action.SIGN_IN, account=name, request=request, outcome=Outcome.REFUSED)


def _remember(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    known = None if raw or instance.pk is None else sender._base_manager.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, known)


def _saved(
    sender: type[Model], instance: Any, created: bool, raw: bool = False, update_fields: Any = None, **_: Any
) -> None:
    before = instance.__dict__.pop(_BEFORE, None)
    if raw:
        return
    if created or before is None:
        record(Action.ADDED, subject=subject_of(instance))
        return
    own = _OWN_FIELDS.union(getattr(sender, "PUBLISHED_FIELDS", ()))
    changed = [
        field
        for field in sender._meta.concrete_fields
        if (update_fields is None or field.name in update_fields or field.attname in update_fields)
        and field.name not in own
        and getattr(before, field.attname) != getattr(instance, field.attname)
    ]
    if changed:
        words = [_worded(field, getattr(instance, field.attname)) for field in changed]
        record(Action.CHANGED, subject=subject_of(instance), detail=", ".join(words))


def _deleted(sender: type[Model], instance: Model, **_: Any) -> None:
    record(Action.DELETED, subject=subject_of(instance))


def _members_changed(
    sender: object, instance: Any, action: str, model: type[Model], pk_set: Any, reverse: bool, **_: Any
) -> None:
    if action not in ("post_add", "post_remove", "post_clear") or (not pk_set and action != "post_clear"):
        return
    names = ", ".join(sorted(str(entry) for entry in model._base_manager.filter(pk__in=pk_set or ())))
    verb = action.removeprefix("post_")
    kind = model._meta.verbose_name_plural
    record(Action.CHANGED, subject=subject_of(instance), detail=f"{kind}: {verb} {names}".rstrip())


def subject_of(instance: Model) -> str:
    """What an entry calls a row: its kind, and its name."""
    return f"{instance._meta.verbose_name}: {instance}"


def _worded(field: Any, value: object) -> str:
    """A field that was changed; of what is no secret for sure, with its value."""
    return f"{field.name}={value}" if isinstance(field, BooleanField) else str(field.name)
