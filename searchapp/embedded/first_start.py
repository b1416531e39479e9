"""What a start prepares: an administrator, samples the first time, and what changed settings ask for."""

from django.conf import settings
from django.contrib.auth import get_user_model

from searchapp.embedded.errors import ServiceError
from searchapp.embedded.secrets import stored_secret
from searchapp.encoders import EncoderError
from searchapp.preflight import SettingsError, require_sound_settings
from searchapp.startup import startups


def administrator_sign_in() -> str:
    """How to sign in, for the terminal; makes the first administrator if there is no account."""
    users = get_user_model().objects
    password = stored_secret(settings.DATA_DIR, "administrator-password", length=12)
    if not users.exists():
        users.create_superuser("admin", password=password)
    admin = users.filter(username="admin", is_superuser=True).first()
    if admin is not None and admin.check_password(password):
        file = settings.DATA_DIR / "secrets" / "administrator-password"
        return f"Sign in as admin with the password {password} (kept in {file})"
    return "Sign in with an administrator's account."


def add_samples() -> None:
    """Add what every application shows at first, once, and only where nobody has added anything."""
    marker = settings.DATA_DIR / "samples-added"
    if marker.exists() or not all(startup.is_empty() for startup in startups()):
        return
    for startup in startups():
        startup.add_samples()
    marker.touch()


def follow_settings() -> None:
    """Start the work that changed settings ask for.

    Raises ServiceError where a setting is wrong, or names no model.
    """
    try:
        require_sound_settings()
        for startup in startups():
            startup.follow_settings()
    except SettingsError as error:
        raise ServiceError(error.message) from error
    except EncoderError as error:
        raise ServiceError(
            f"{error.message}\nThe encoder is chosen by ENCODER_BACKEND and ENCODER_MODEL; "
            "without them the bundled one is taken."
        ) from error
