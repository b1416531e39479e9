"""A query as JSON, and back: so that what was read once can be changed later."""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

from kbqa.sql import query as forms
from kbqa.sql.schema import ColumnRef

_TYPE = "is"
_FORMS: dict[str, Any] = {
    **{
        name: form
        for name, form in vars(forms).items()
        if isinstance(form, type) and form.__module__ == forms.__name__
    },
    ColumnRef.__name__: ColumnRef,
}


def query_json(query: forms.Query) -> dict[str, Any]:
    """The JSON of a query; what is as by default is left out."""
    found: dict[str, Any] = _json(query)
    return found


def query_from(data: Any) -> forms.Query | None:
    """The query of its JSON; None for what is none, or was written by a version that knew other forms."""
    try:
        found = _from(data)
    except (KeyError, TypeError, ValueError):
        return None
    return found if isinstance(found, forms.Query) else None


def _json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        given = {
            field.name: getattr(value, field.name) for field in fields(value) if not _is_default(value, field)
        }
        return {_TYPE: type(value).__name__, **{name: _json(each) for name, each in given.items()}}
    if isinstance(value, Enum):
        return {_TYPE: type(value).__name__, "value": value.value}
    return [_json(each) for each in value] if isinstance(value, tuple) else value


def _is_default(value: Any, field: Any) -> bool:
    return field.default is not MISSING and getattr(value, field.name) == field.default


def _from(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(map(_from, data))
    if not isinstance(data, dict):
        return data
    form = _FORMS[data[_TYPE]]
    return form(**{name: _from(each) for name, each in data.items() if name != _TYPE})
