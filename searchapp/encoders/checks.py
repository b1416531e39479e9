"""System checks of the encoder's settings."""

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from searchapp.encoders.registry import BACKENDS


@register()
def encoder_settings(**_: Any) -> list[CheckMessage]:
    """Check that the chosen backend exists and has what it needs."""
    backend = settings.ENCODER["backend"]
    if backend not in BACKENDS:
        return [
            Error(
                f"ENCODER_BACKEND={backend!r} does not exist.",
                hint=f"Choose one of {', '.join(BACKENDS)}.",
                id="encoders.E001",
            )
        ]
    if backend == "openai" and not settings.ENCODER["url"]:
        return [
            Error(
                "ENCODER_BACKEND=openai needs a server.",
                hint="Set ENCODER_URL, for example http://127.0.0.1:8080/v1",
                id="encoders.E002",
            )
        ]
    if not settings.ENCODER["model"]:
        return [
            Error(
                f"ENCODER_BACKEND={backend} needs a model.",
                hint="Set ENCODER_MODEL to its name or folder.",
                id="encoders.E004",
            )
        ]
    if backend == "huggingface" and find_spec("torch") is None:
        return [
            Error("ENCODER_BACKEND=huggingface needs torch.", hint="Run `make models`.", id="encoders.E003")
        ]
    return []
