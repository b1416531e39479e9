"""The trained decoder of SQL: where its weights lie, and which the settings choose."""

from pathlib import Path

from django.conf import settings

from kbqa.decoding.pointer_network import DecoderModel, load_decoder

MODEL_FOLDER = Path(__file__).parent / "model"
"""The decoder that comes with the package."""


def configured_model() -> DecoderModel:
    """The decoder that the settings name, else the one that comes with the package. Raises EncoderError.

    Beside a Hugging Face model, which writes the SQL, the package's own reads the schema.
    """
    chosen = settings.SQL_DECODER
    if chosen["backend"] == "huggingface" or not chosen["model"]:
        return load_decoder(MODEL_FOLDER)
    return load_decoder(Path(chosen["model"]).expanduser())
