"""The fields of a database server in a form: its address in parts, or pasted whole and taken apart."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from kbqa.sql.models import Database
from kbqa.sql.sources.connecting import labelled, with_tables
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.probe import ServerSchema
from kbqa.sql.stores.server_parts import ENGINES, TLS_MODES, ServerParts, taken_apart
from searchapp.errors import InvalidInput
from searchapp.secrets import seal, unseal

PARTS = ("engine", "host", "port", "database", "user", "password", "tls", "parameters")
_KEPT_SECONDS = 3600
"""How long a password that was typed counts while the rest of a form is put right."""
_NEEDED = {"host": "Give the host.", "database": "Give the database."}


def engines() -> list[tuple[str, str]]:
    """The kinds of servers, those that the settings add among them."""
    return [*ENGINES.items(), *((name, name) for name in settings.DATABASE_DIALECTS)]


class TestButton(forms.Widget):
    """The button that tries a connection and saves nothing."""

    template_name = "kbqa/admin/test_connection.html"


class ServerFields(forms.Form):
    """The fields of a server; they count where a server is chosen.

    A password is never sent back: it stays in the form encrypted, and counts for the same user of the same
    server only. So does the stored one.
    """

    url = forms.CharField(
        required=False,
        max_length=2_000,
        label="Address to take apart",
        help_text="Instead of the fields below: postgresql://user:password@host/database.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )
    engine = forms.ChoiceField(
        choices=engines, required=False, label="Kind of server", widget=UnfoldAdminSelectWidget
    )
    host = forms.CharField(
        required=False,
        max_length=500,
        help_text="A name or number; several with commas, or the folder of a socket.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    port = forms.CharField(
        required=False,
        max_length=100,
        help_text="Empty for the usual one.",
        widget=UnfoldAdminTextInputWidget,
    )
    database = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    user = forms.CharField(
        required=False,
        max_length=200,
        help_text="One that may only read is the safest.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1_000,
        help_text="Kept encrypted and never shown again. Empty: the one that was given before.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    tls = forms.ChoiceField(
        choices=list(TLS_MODES.items()),
        required=False,
        label="Encryption (TLS)",
        widget=UnfoldAdminSelectWidget,
    )
    parameters = forms.CharField(
        required=False,
        max_length=1_000,
        label="Other parameters",
        help_text="As in an address: application_name=searchapp.",
        widget=UnfoldAdminTextInputWidget,
    )
    schemas = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Of PostgreSQL. Test the connection to see which there are. With none, what the user sees "
        "without naming one is read.",
    )
    unreachable = forms.BooleanField(
        required=False, label="Save it even if it cannot be connected to", widget=UnfoldBooleanSwitchWidget
    )
    test = forms.Field(required=False, label="", widget=TestButton)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    listed = forms.CharField(required=False, widget=forms.HiddenInput)

    def begin_server(self, stored: Database | None) -> None:
        """Show the stored server in its parts, without its password. Call it once the form has its fields."""
        self._stored = ServerParts("postgresql")
        if stored is not None and stored.url:
            try:
                self._stored = taken_apart(stored.url)
            except ConnectError:
                self.initial["url"] = ""
            else:
                self.initial.update({**asdict(self._stored), "password": "", "url": ""})
        chosen = [*(stored.schemas if stored is not None else ()), *self._posted("schemas")]
        self._field("schemas").choices = [(name, name) for name in dict.fromkeys(chosen)]

    @property
    def only_tests(self) -> bool:
        """Whether the connection is to be tried, and nothing kept."""
        return self.add_prefix("test") in self.data

    def server_url(self, cleaned: dict[str, Any]) -> str:
        """The address that the fields make; what was pasted is taken apart. Raises InvalidInput."""
        if cleaned.get("url"):
            try:
                parts = taken_apart(cleaned["url"])
            except ConnectError as error:
                raise InvalidInput(error.message, field="url") from error
        else:
            parts = ServerParts(**{name: cleaned.get(name) or "" for name in PARTS})
            parts = replace(parts, engine=parts.engine or "postgresql")
        missing = [name for name in _NEEDED if not getattr(parts, name)]
        if missing and not cleaned.get("url"):
            raise InvalidInput(_NEEDED[missing[0]], field=missing[0])
        parts = replace(parts, password=parts.password or self._password_before(parts, cleaned))
        self._show(parts)
        return parts.url

    def is_stored(self, url: str) -> bool:
        """Whether an address is the stored one."""
        return bool(self._stored.host) and self._stored.url == url

    def choose_schemas(self, found: Sequence[ServerSchema], cleaned: dict[str, Any]) -> None:
        """Show the schemas that a server has, once it was reached.

        Raises InvalidInput where there are several, and nobody was asked yet.
        """
        there = with_tables(found)
        self._field("schemas").choices = [(schema.name, labelled(schema)) for schema in there]
        is_new = len(there) > 1 and not cleaned.get("schemas") and not cleaned.get("listed")
        self._replace_data({"listed": "yes" if found else ""})
        if is_new:
            self._replace_data({"schemas": [schema.name for schema in there if schema.visible]})
        if is_new and not self.only_tests:
            raise InvalidInput("The server has several schemas. Choose those to be read.", field="schemas")

    def _password_before(self, parts: ServerParts, cleaned: dict[str, Any]) -> str:
        """The password that was typed before, or that is stored, for the same user of the same server."""
        sealed = unseal(cleaned.get("kept") or "", _KEPT_SECONDS)
        if sealed:
            password, *server = json.loads(sealed)
            if tuple(server) == parts.server:
                return str(password)
        return self._stored.password if parts.server == self._stored.server else ""

    def _show(self, parts: ServerParts) -> None:
        """Put the parts into the fields, for when the form is shown again."""
        kept = seal(json.dumps([parts.password, *parts.server])) if parts.password else ""
        self._replace_data({**asdict(parts), "password": "", "url": "", "kept": kept})

    def _replace_data(self, values: dict[str, Any]) -> None:
        data = self.data.copy()  # type: ignore[attr-defined]
        for name, value in values.items():
            key = self.add_prefix(name)
            if isinstance(value, list) and hasattr(data, "setlist"):
                data.setlist(key, value)
            else:
                data[key] = value
        self.data = data

    def _posted(self, name: str) -> list[str]:
        key = self.add_prefix(name)
        return list(self.data.getlist(key)) if hasattr(self.data, "getlist") else list(self.data.get(key, ()))

    def _field(self, name: str) -> Any:
        return self.fields[name]
