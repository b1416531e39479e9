"""A database field for data that is written once and read whole."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class JsonTextField(_TextField):
    """Data as JSON in a text column.

    Unlike PostgreSQL's own JSON types, which are for searching, it holds whatever a database's cells hold:
    NUL characters, halves of surrogate pairs, numbers that are none.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """The data that was written; None where there are none."""
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        """The data as JSON in ASCII."""
        return None if value is None else json.dumps(value, separators=(",", ":"))
