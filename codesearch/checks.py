"""System checks of code search: the database's versions."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

OLDEST_POSTGRESQL, OLDEST_PGVECTOR = 150000, (0, 8)


@register(Tags.database)
def database_versions(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Check that PostgreSQL and pgvector are recent enough for what the searches rely on."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    "SELECT current_setting('server_version_num')::int,"
                    " (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')"
                )
                server, vector = cursor.fetchone() or (0, None)
        except DatabaseError as error:
            messages.append(
                Error(
                    f"The database cannot be reached: {error}",
                    hint="Check DATABASE_URL and that PostgreSQL runs.",
                    id="codesearch.E001",
                )
            )
            continue
        if server < OLDEST_POSTGRESQL:
            messages.append(
                Error("PostgreSQL is older than 15.", hint="Upgrade PostgreSQL.", id="codesearch.E002")
            )
        if vector is None or tuple(int(part) for part in vector.split(".")[:2]) < OLDEST_PGVECTOR:
            messages.append(
                Error(
                    "pgvector 0.8 or later is not available.",
                    hint="Install pgvector, for example the image pgvector/pgvector.",
                    id="codesearch.E003",
                )
            )
    return messages


@register()
def gnn_coder_weights(**_: Any) -> list[CheckMessage]:
    """Check that the chosen weights of the code encoder are there and fit together."""
    from codesearch.gnn_coder.folder import gnn_coder_folder, read_graph_shape
    from codesearch.gnn_coder.late_interaction import read_late_interaction_weights
    from searchapp.encoders import EncoderError

    if settings.ENCODER["backend"] != "gnn_coder":
        return []
    try:
        folder = gnn_coder_folder(str(settings.ENCODER["model"]))
        shape = read_graph_shape(folder)
        read_late_interaction_weights(folder, shape["dimension"], len(shape["kinds"]))
    except EncoderError as error:
        return [
            Error(
                str(error),
                hint="Correct ENCODER_MODEL, or leave it out for the bundled model.",
                id="codesearch.E004",
            )
        ]
    return []
