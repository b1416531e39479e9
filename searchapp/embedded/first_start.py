"""What a start prepares: an administrator and real code to search the first time, and what changed settings
ask for.
"""

import importlib.util
from pathlib import Path

from django.conf import settings

from searchapp.embedded.errors import ServiceError

# Small first, so that the first search has hits within seconds.
SAMPLE_PACKAGES = ("rest_framework", "django")


def administrator_sign_in() -> str:
    """Make the first administrator if there is no account, and say how to sign in."""
    from django.contrib.auth import get_user_model

    from searchapp.embedded.secrets import stored_secret

    users = get_user_model().objects
    password = stored_secret(settings.DATA_DIR, "administrator-password", length=12)
    if not users.exists():
        users.create_superuser("admin", password=password)
    admin = users.filter(username="admin", is_superuser=True).first()
    if admin is not None and admin.check_password(password):
        return f"Sign in as admin with the password {password} (kept in {settings.DATA_DIR / 'secrets' / 'administrator-password'})"
    return "Sign in with an administrator's account."


def add_sample_repositories() -> None:
    """Queue the packages that every installation has, each also as a graph, and a database about all of them.

    Nothing is added where repositories ever were.
    """
    from codesearch.models import Repository
    from codesearch.services import add_repository
    from kbqa.sparql.models import Graph
    from kbqa.sql.models import Database

    marker = settings.DATA_DIR / "samples-added"
    if marker.exists() or Repository.objects.exists():
        return
    for package in SAMPLE_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folder = Path(spec.origin).parent
            add_repository(
                name=package, source_kind=Repository.SourceKind.FOLDER, location=str(folder), trusted=True
            )
            # Loaded as soon as the repository has an index.
            Graph.objects.create(
                slug=f"{package.replace('_', '-')}-code",
                name=f"{package} code",
                source_kind=Graph.SourceKind.REPOSITORY,
                location=package,
            )
    # Scanned as soon as a repository has an index: the first search comes first.
    Database.objects.create(
        slug="installed-packages",
        name="Installed packages",
        source_kind=Database.SourceKind.INSTALLED,
        location="installed.sqlite",
    )
    marker.touch()


def follow_settings() -> None:
    """If the settings choose another encoder than the served vectors have, start moving to it.

    Raises ServiceError.
    """
    from codesearch.services import needs_other_encoder, switch_encoder
    from searchapp.encoders import EncoderError

    try:
        if needs_other_encoder():
            switch_encoder()
    except EncoderError as error:
        raise ServiceError(
            f"{error}\nThe encoder is chosen by ENCODER_BACKEND and ENCODER_MODEL; without them the bundled one is taken."
        ) from error
