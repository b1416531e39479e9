"""Labels by their meaning: what finds an entity by other words than it is called by."""

from collections.abc import Sequence

from kbqa.linking.text_vectors import TextVectors
from kbqa.sparql.models import LabelVector
from searchapp.encoders.base import EncoderSpec, Vectors
from searchapp.encoders.openvino import BUNDLED_MODEL
from searchapp.encoders.registry import load_encoder


def label_vectors_of(graph: int) -> TextVectors:
    """Return the vectors of what a graph's entities are called."""
    return TextVectors(LabelVector, {"graph_id": graph})


def encode_labels(texts: Sequence[str]) -> Vectors:
    """Return the unit vectors of labels, or of words that may mean one, float32 [n, 384].

    Raises EncoderError.
    """
    return load_encoder(EncoderSpec("openvino", BUNDLED_MODEL)).encode(texts)
