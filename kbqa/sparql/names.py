"""The names of a graph that questions look up: of entities and values, and labels by their meaning.

Both lie in PostgreSQL: names by their words, labels as vectors.
"""

from collections.abc import Sequence

from django.db.models import Max

from kbqa.linking.names import Names
from kbqa.linking.text_vectors import TextVectors
from kbqa.sparql.models import GraphVersion, LabelVector, Name
from searchapp.encoders.base import EncoderSpec, Vectors
from searchapp.encoders.openvino import BUNDLED_MODEL
from searchapp.encoders.registry import load_encoder


def names_of(version: GraphVersion) -> Names:
    """The names of a version's load."""
    return names_of_load(version.graph_id, version.load)


def names_of_load(graph: int, load: int) -> Names:
    """The names of a load of a graph."""
    return Names("kbqa_name", "kbqa_nameword", "graph_id", graph, load)


def labels_of(version: GraphVersion, limit: int) -> list[str]:
    """Distinct labels of a version's entities, at most `limit`: those of the most connected."""
    rows = Name.objects.filter(graph_id=version.graph_id, load=version.load, kind=Name.Kind.ENTITY)
    labels = rows.values_list("text", flat=True).annotate(most=Max("count"))
    return list(labels.order_by("-most", "text")[:limit])


def label_vectors_of(graph: int) -> TextVectors:
    """The vectors of the labels of a graph's entities."""
    return TextVectors(LabelVector, {"graph_id": graph})


def encode_labels(texts: Sequence[str]) -> Vectors:
    """Unit vectors of labels, or of words that may mean one, float32 [n, 384]. Raises EncoderError."""
    return load_encoder(EncoderSpec("openvino", BUNDLED_MODEL)).encode(texts)
