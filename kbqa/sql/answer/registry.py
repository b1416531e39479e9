"""What writes SQL for the product: the generator that the settings choose."""

from django.conf import settings

from kbqa.sql.answer.generator import LocalGenerator
from kbqa.sql.decoder import configured_model
from kbqa.sql.focus.cross_encoder.inference import load_cross_encoder


def configured_generator() -> LocalGenerator:
    """The generator that the settings choose, without a language-model server. Raises EncoderError."""
    chosen = settings.SQL_DECODER
    if chosen["backend"] == "huggingface":
        from kbqa.decoding.sequence_model import load_sequence_model

        writer = load_sequence_model(chosen["model"])
        return LocalGenerator(configured_model(), writer=writer, closer=load_cross_encoder)
    return LocalGenerator(configured_model(), closer=load_cross_encoder)
