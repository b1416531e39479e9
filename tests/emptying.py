"""Tables made empty after a test that commits: only those it wrote to."""

from django.db import connections
from django.test import TransactionTestCase

_FILLED_BY_DJANGO = {"django_content_type", "auth_permission"}
"""What migrating fills, the same for every test: Django's own way empties them, too, and fills them again."""


def empty_tables(alias: str = "default") -> None:
    """Remove all rows but those that Django itself wrote when the database was made."""
    connection = connections[alias]
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    quoted = {name: connection.ops.quote_name(name) for name in sorted(names - _FILLED_BY_DJANGO)}
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {quoted[name]})" for name in quoted
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        filled = [quoted[name] for (name,) in cursor.fetchall()]
        if filled:
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")


def empty_after(case: TransactionTestCase) -> None:
    """Stand for `TransactionTestCase._fixture_teardown`, which empties every table, filled or not."""
    for alias in case._databases_names(include_mirrors=False):
        empty_tables(alias)
