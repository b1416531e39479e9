"""The table of backends, and one loaded encoder a specification."""

from importlib import import_module
from typing import Any

from django.conf import settings

from searchapp.encoders.base import Encoder, EncoderError, EncoderSpec
from searchapp.shared import SharedCache

BACKENDS = {
    "openvino": ("searchapp.encoders.openvino", "OpenVinoEncoder"),
    "huggingface": ("searchapp.encoders.huggingface", "HuggingFaceEncoder"),
    "openai": ("searchapp.encoders.openai", "OpenAiEncoder"),
}

_MAX_LOADED = 8
_encoders = SharedCache[EncoderSpec, Encoder](_MAX_LOADED)


def register_backend(name: str, module: str, factory: str) -> None:
    """Add a backend that another package brings; its module is imported when it is first used.

    `factory` names what makes an encoder of an `EncoderSpec`: a class or a function.
    """
    BACKENDS[name] = (module, factory)


def configured_spec() -> EncoderSpec:
    """The encoder that the settings choose."""
    chosen: dict[str, Any] = settings.ENCODER
    return EncoderSpec(**chosen)


def get_encoder() -> Encoder:
    """The encoder that the settings choose, loaded once in each process. Raises EncoderError."""
    return load_encoder(configured_spec())


def load_encoder(spec: EncoderSpec) -> Encoder:
    """The encoder of `spec`, loaded once in each process. Raises EncoderError."""
    return _encoders.get(spec, lambda: _made(spec))


def _made(spec: EncoderSpec) -> Encoder:
    if spec.backend not in BACKENDS:
        raise EncoderError(
            f"There is no encoder backend {spec.backend!r}; choose one of {', '.join(BACKENDS)}."
        )
    module, name = BACKENDS[spec.backend]
    encoder: Encoder = getattr(import_module(module), name)(spec)
    return encoder
