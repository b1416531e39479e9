"""The fields of a database server in a form: its address in parts, or pasted whole and taken apart."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from django import forms

from kbqa.sql.models import Database
from kbqa.sql.sources.connecting import Trial, labelled, with_tables
from kbqa.sql.stores.connections import ConnectError
from kbqa.sql.stores.probe import ServerSchema
from kbqa.sql.stores.processes import BusyError
from kbqa.sql.stores.server_parts import TLS_MODES, ServerParts, engines, given_parts, taken_apart
from searchapp.errors import InvalidInput
from searchapp.secrets import seal, unseal

TEST_WORKED = "The connection works. Nothing is saved yet."
_KEPT_SECONDS = 3600
"""How long a password that was typed counts while the rest of a form is put right."""
_AS_BEFORE = "Empty for the one given before, as long as kind, host, port and user stay the same."
_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


Checked = TypeVar("Checked")


class ServerFields(forms.Form):
    """The fields of a server; they count where a server is chosen.

    A password is never sent back: it stays in the form encrypted, and counts for the same user of the same
    server only. So does the stored one.
    """

    engine = forms.ChoiceField(choices=engines, required=False, label="Kind of server")
    host = forms.CharField(
        required=False,
        max_length=500,
        help_text="A name or number; several with commas, or the folder of a socket.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    port = forms.CharField(
        required=False,
        max_length=100,
        help_text="Empty for the usual one.",
        widget=forms.TextInput(attrs={**_PLAIN, "inputmode": "numeric"}),
    )
    database = forms.CharField(
        required=False, max_length=200, label="Database", widget=forms.TextInput(attrs=_PLAIN)
    )
    user = forms.CharField(
        required=False,
        max_length=200,
        help_text="One that may only read is the safest.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1_000,
        help_text="Kept encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    tls = forms.ChoiceField(choices=list(TLS_MODES.items()), required=False, label="Encryption (TLS)")
    parameters = forms.CharField(
        required=False,
        max_length=1_000,
        label="Other parameters",
        help_text="As in an address: application_name=searchapp.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    url = forms.CharField(
        required=False,
        max_length=2_000,
        label="Or an address to take apart",
        help_text="Instead of the fields above: postgresql://user:password@host/database.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    schemas = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of PostgreSQL. Test the connection to see which there are. With none, what the user sees "
        "without naming one is read.",
    )
    unreachable = forms.BooleanField(required=False, label="Save it even if it cannot be connected to")
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
        self._tell_of_password(self._stored)
        chosen = [*(stored.schemas if stored is not None else ()), *self._posted("schemas")]
        self._field("schemas").choices = [(name, name) for name in dict.fromkeys(chosen)]

    @property
    def only_tests(self) -> bool:
        """Whether the connection is to be tried, and nothing kept."""
        is_server = self.data.get(self.add_prefix("source_kind")) == Database.SourceKind.URL
        return is_server and self.add_prefix("test") in self.data

    @property
    def worked(self) -> str:
        """What is said where the connection was to be tried, and works."""
        return TEST_WORKED if self.only_tests and not self.errors else ""

    def is_valid(self) -> bool:
        """Whether the form is without errors, and there is something to be saved."""
        return super().is_valid() and not self.only_tests

    def server_url(self, cleaned: dict[str, Any]) -> str:
        """The address that the fields make; what was pasted is taken apart. Raises InvalidInput."""
        parts = given_parts(cleaned)
        parts = replace(parts, password=parts.password or self._password_before(parts, cleaned))
        self._show(parts)
        return parts.url

    def try_server(
        self, check: Callable[[Trial], Checked], cleaned: dict[str, Any], *, is_same: bool = False
    ) -> Checked:
        """What a check gives that tries the server; one that `is_same` as before only if it is to be tested.

        Raises InvalidInput, also where too much else runs to try it: what was typed stays.
        """
        connects = self.only_tests or not (is_same or cleaned.get("unreachable"))
        try:
            return check(Trial(connects, by_parts=True, listed=lambda found: self._list(found, cleaned)))
        except BusyError as error:
            raise InvalidInput(error.message) from error

    def is_stored(self, url: str) -> bool:
        """Whether an address is the stored one."""
        return bool(self._stored.host) and self._stored.url == url

    def _list(self, found: Sequence[ServerSchema], cleaned: dict[str, Any]) -> None:
        """Show the schemas that a server has, once it was reached.

        Raises InvalidInput where there are several, and nobody was asked yet or the user sees none unnamed.
        """
        there = with_tables(found)
        visible = [schema.name for schema in there if schema.visible]
        self._field("schemas").choices = [(schema.name, labelled(schema)) for schema in there]
        is_new = len(there) > 1 and not cleaned.get("schemas") and not cleaned.get("listed")
        self._replace_data({"listed": "yes" if found else ""})
        if is_new:
            self._replace_data({"schemas": visible})
        if (
            len(there) > 1
            and not cleaned.get("schemas")
            and (not visible or (is_new and not self.only_tests))
        ):
            raise InvalidInput("The connection works. Choose the schemas to be read.", field="schemas")

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
        self._tell_of_password(parts)

    def _tell_of_password(self, parts: ServerParts) -> None:
        if parts.password:
            self["password"].help_text = _AS_BEFORE

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
