"""The generator of SQL that the settings choose."""

from django.conf import settings

from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.decoder import configured_model
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder
from kbqa.sql.verifier.inference import load_verifier


def configured_generator() -> LocalGenerator:
    """The generator that the settings choose, without a language-model server. Raises EncoderError."""
    chosen = settings.SQL_DECODER
    if chosen["backend"] == "huggingface":
        from kbqa.decoding.sequence_model import load_sequence_model

        return LocalGenerator(
            configured_model(),
            sequence_model=load_sequence_model(chosen["model"]),
            cross_encoder=load_cross_encoder,
            verifier=load_verifier,
        )
    return LocalGenerator(
        configured_model(),
        cross_encoder=load_cross_encoder,
        verifier=load_verifier,
        seconds=settings.DATABASE_READING_SECONDS,
    )
