"""The cross-encoder without torch: OpenVINO runs the encoder, NumPy the few small layers behind it.

It computes what `training.cross_encoder.network` does in evaluation.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from kbqa.decoding.actions import Action
from kbqa.decoding.features import JOINT_MATCHES
from kbqa.decoding.layers import Array, Layers, TunedEncoder
from kbqa.sql.focus.cross_encoder.features import nodes_of, schema_text
from kbqa.sql.grammar import LinkedQuestion
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
from searchapp.encoders.registry import load_encoder
from searchapp.shared import SharedCache

BUNDLED_FOLDER = Path(__file__).parent / "model"
_TOGETHER, _LENGTH_STEP = 4, 16
"""How many pieces are read at once, and to a multiple of how many tokens they are padded."""


class CrossEncoder(Layers):
    """Trained weights, ready to read a question beside a schema."""

    def __init__(self, folder: Path) -> None:
        try:
            config: dict[str, Any] = json.loads((folder / "cross_encoder.json").read_text(encoding="utf-8"))
            stored = load_file(folder / "cross_encoder.safetensors")
        except (OSError, ValueError) as error:
            raise EncoderError(f"The cross-encoder's folder {folder} cannot be read: {error}") from error
        weights = {
            name: tensor.astype(np.float32)
            for name, tensor in stored.items()
            if not name.startswith("encoder.")
        }
        super().__init__(weights, int(config["sizes"]["heads"]))
        self._layers = int(config["sizes"]["layers"])
        texts = load_encoder(EncoderSpec("openvino", BUNDLED_MODEL))
        assert isinstance(texts, OpenVinoEncoder)
        self._tokenizer = texts.tokenizer
        self._encoder = TunedEncoder(stored, int(config["sizes"]["tuned"]))

    def logits(self, question: str, linked: LinkedQuestion) -> dict[Action, float]:
        """Log odds that a query of the question uses each table and column."""
        text = schema_text(question, linked, self._tokenizer)
        means = self._means(text.pieces, text.places)
        nodes = self.weights["kind.weight"][text.kinds] + self.linear("text", means)
        nodes = self.norm("norm", nodes + self.linear("features", text.features))
        connections = JOINT_MATCHES + text.relations.astype(np.int64)
        for layer in range(self._layers):
            nodes = self.reader_layer(f"reader.{layer}", nodes, connections)
        logits = self.linear("used", self.norm("norm_reader", nodes))[:, 0]
        return dict(zip(nodes_of(linked), map(float, logits), strict=True))

    def _means(self, pieces: Sequence[NDArray[np.int64]], places: NDArray[np.int64]) -> Array:
        """Mean state of the tokens at each place, float32 [n, 384]."""
        order = sorted(range(len(pieces)), key=lambda piece: len(pieces[piece]))
        means = np.empty((len(places), 0), dtype=np.float32)
        for start in range(0, len(order), _TOGETHER):
            group = order[start : start + _TOGETHER]
            states = self._encoder.states([pieces[piece] for piece in group], _LENGTH_STEP)
            means = means if means.shape[1] else np.zeros((len(places), states.shape[2]), dtype=np.float32)
            for row, piece in enumerate(group):
                for node in np.flatnonzero(places[:, 0] == piece):
                    means[node] = states[row, places[node, 1] : places[node, 2]].mean(0)
        return means


_cross_encoders = SharedCache[Path, CrossEncoder](2)


def load_cross_encoder(folder: Path = BUNDLED_FOLDER) -> CrossEncoder:
    """The cross-encoder of a folder, loaded once in each process. Raises EncoderError."""
    return _cross_encoders.get(folder, lambda: CrossEncoder(folder))
