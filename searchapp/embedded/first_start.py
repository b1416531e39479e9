"""What a start prepares: tables, an administrator, samples the first time, what changed settings ask for.

`python -m searchapp.embedded.first_start` does it, and prints how to sign in.
"""

import sys

from django.conf import settings

TRY_AGAIN = 75
"""The status with which the program ends after an outage."""


def administrator_sign_in() -> str:
    """How to sign in, for the terminal; makes the first administrator if there is no account."""
    from django.contrib.auth import get_user_model

    from searchapp.embedded.secrets import stored_secret

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
    from searchapp.startup import startups

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
    from searchapp.embedded.errors import ServiceError
    from searchapp.encoders import EncoderError
    from searchapp.preflight import SettingsError, require_sound_settings
    from searchapp.startup import startups

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


def prepare() -> str:
    """Bring the tables up to date and prepare the start; how to sign in, for the terminal.

    Raises what the database does, and errors of the tree.
    """
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    sign_in = administrator_sign_in()
    add_samples()
    follow_settings()
    return sign_in


def main() -> None:
    """Prepare the start; an error that a person can do something about is told in a line."""
    import django

    django.setup()
    from searchapp.outages import known_error

    try:
        print(prepare())
    except Exception as error:
        known = known_error(error)
        if known is None:
            raise
        print(known.message, file=sys.stderr)
        sys.exit(TRY_AGAIN if known.transient else 1)


if __name__ == "__main__":
    main()
