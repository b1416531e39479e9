"""What is looked at before a process begins to serve: no server starts with settings that are wrong."""

from django.core.checks import ERROR, CheckMessage, run_checks

from searchapp.errors import SearchappError


class SettingsError(SearchappError):
    """Settings with which nothing may be served; the message says of each what to do."""


def require_sound_settings() -> None:
    """Check the project as `manage.py check` does, which servers do not by themselves.

    Raises SettingsError.
    """
    wrong = [message for message in run_checks() if message.level >= ERROR and not message.is_silenced()]
    if wrong:
        raise SettingsError("\n".join(map(_line, wrong)))


def _line(message: CheckMessage) -> str:
    return f"{message.msg} {message.hint}" if message.hint else str(message.msg)
