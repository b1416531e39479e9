"""The cross-encoder without torch: OpenVINO runs the encoder, NumPy the few small layers behind it.

It computes what `training.cross_encoder.network` does in evaluation.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from kbqa.decoding.actions import Action
from kbqa.decoding.features import JOINT_MATCHES, JOINT_WIDTH, JointReading
from kbqa.decoding.layers import Array, Layers, TunedEncoder
from kbqa.sql.focus.cross_encoder.features import SchemaText, nodes_of, schema_text
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

    def read(self, question: str, linked: LinkedQuestion) -> JointReading:
        """A question read beside tables and columns."""
        text, nodes = schema_text(question, linked, self._tokenizer), nodes_of(linked)
        tokens, means = self.states(text)
        logits = self._logits(text, means)
        candidates: dict[Action, Array] = dict(zip(nodes, means, strict=True))
        return JointReading(tokens, candidates, dict(zip(nodes, logits, strict=True)))

    def _logits(self, text: SchemaText, means: Array) -> list[float]:
        nodes = self.weights["kind.weight"][text.kinds] + self.linear("text", means)
        nodes = self.norm("norm", nodes + self.linear("features", text.features))
        connections = JOINT_MATCHES + text.relations.astype(np.int64)
        for layer in range(self._layers):
            nodes = self.reader_layer(f"reader.{layer}", nodes, connections)
        logits = self.linear("used", self.norm("norm_reader", nodes))[:, 0]
        return [float(logit) for logit in logits]

    def states(self, text: SchemaText) -> tuple[Array, Array]:
        """States of the question's tokens [l, JOINT_WIDTH], and the mean at each place [n, JOINT_WIDTH].

        Those of the question are the means over the pieces, in each of which it stands.
        """
        pieces, places = text.pieces, text.places
        order = sorted(range(len(pieces)), key=lambda piece: len(pieces[piece]))
        means = np.zeros((len(places), JOINT_WIDTH), dtype=np.float32)
        question = np.zeros((text.question_tokens, JOINT_WIDTH), dtype=np.float32)
        for start in range(0, len(order), _TOGETHER):
            group = order[start : start + _TOGETHER]
            states = self._encoder.states([pieces[piece] for piece in group], _LENGTH_STEP)
            question += states[:, : len(question)].sum(0) / np.float32(len(pieces))
            for row, piece in enumerate(group):
                for node in np.flatnonzero(places[:, 0] == piece):
                    means[node] = states[row, places[node, 1] : places[node, 2]].mean(0)
        return question, means


_cross_encoders = SharedCache[Path, CrossEncoder](2)


def load_cross_encoder(folder: Path = BUNDLED_FOLDER) -> CrossEncoder:
    """The cross-encoder of a folder, loaded once in each process. Raises EncoderError."""
    return _cross_encoders.get(folder, lambda: CrossEncoder(folder))
