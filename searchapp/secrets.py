"""Text that is encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA256)."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


_ROWS_AT_ONCE = 100


class EncryptedTextField(_TextField):
    """A text column whose content is unreadable without ENCRYPTION_KEY.

    What an old key encrypted can be read as long as that is among ENCRYPTION_KEYS_OLD, else it reads as
    empty.
    """

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way to the database."""
        text = super().get_prep_value(value)
        return _fernet(settings.ENCRYPTION_KEY).encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt on the way from the database."""
        if not value:
            return value
        try:
            return MultiFernet(_fernets()).decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


@dataclass
class Rotation:
    """How far a rotation of keys is."""

    rotated: int = 0
    current: int = 0
    """Texts that the present key encrypted already."""
    unreadable: list[str] = field(default_factory=list)
    """Rows whose text no key can read: a token has to be entered again."""


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    """Every encrypted column of every model."""
    for model in apps.get_models(include_auto_created=True):
        for column in model._meta.local_concrete_fields:
            if isinstance(column, EncryptedTextField):
                yield model, column


def rotate(say: Callable[[Rotation], None] = lambda _: None) -> Rotation:
    """Encrypt anew, with ENCRYPTION_KEY, what keys of ENCRYPTION_KEYS_OLD encrypted.

    A row is changed by itself, and only if nobody wrote it meanwhile: the installation runs on, and what
    was interrupted goes on where it was. `say` is called after each hundred rows.
    """
    done = Rotation()
    for model, column in encrypted_fields():
        rows = model._base_manager.exclude(**{column.name: ""}).order_by("pk")
        # The column as a plain one gives and takes what is stored.
        stored = rows.annotate(stored=Cast(column.name, models.TextField())).values_list("pk", "stored")
        for number, (key, token) in enumerate(stored.iterator(chunk_size=_ROWS_AT_ONCE), 1):
            _rotate_row(model, column, key, token, done)
            if number % _ROWS_AT_ONCE == 0:
                say(done)
    return done


def _rotate_row(
    model: type[models.Model], column: EncryptedTextField, key: Any, token: str, done: Rotation
) -> None:
    newest, any_key = _fernets()[0], MultiFernet(_fernets())
    try:
        newest.decrypt(token.encode())
        done.current += 1
        return
    except InvalidToken:
        pass
    try:
        rotated = any_key.rotate(token.encode()).decode()
    except InvalidToken:
        done.unreadable.append(f"{model._meta.verbose_name} {key}, {column.name}")
        return
    plain = models.TextField()
    as_it_was = model._base_manager.annotate(stored=Cast(column.name, plain)).filter(pk=key, stored=token)
    done.rotated += as_it_was.update(**{column.name: models.Value(rotated, output_field=plain)})


def seal(text: str) -> str:
    """A text that only this installation reads, for a form that is sent back to it."""
    return _fernet(settings.ENCRYPTION_KEY).encrypt(text.encode()).decode()


def unseal(token: str, seconds: int) -> str:
    """What was sealed, no longer than so many seconds ago; empty for anything else."""
    try:
        return MultiFernet(_fernets()).decrypt(token.encode(), ttl=seconds).decode()
    except InvalidToken:
        return ""


def _fernets() -> list[Fernet]:
    """The present key, then the old ones."""
    return [_fernet(key) for key in (settings.ENCRYPTION_KEY, *settings.ENCRYPTION_KEYS_OLD)]


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
