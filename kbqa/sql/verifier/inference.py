"""The verifier without torch: OpenVINO runs the encoder. What it computes is `training.verifier.network`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from kbqa.decoding.layers import TunedEncoder
from kbqa.sql.verifier.text import pair_of
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
from searchapp.encoders.registry import load_encoder
from searchapp.shared import SharedCache

VERIFIER_FOLDER = Path(__file__).parent / "model"
_LENGTH_STEP = 16
"""To a multiple of how many tokens texts are padded."""


class Verifier:
    """Trained weights, ready to read questions beside readings."""

    def __init__(self, folder: Path) -> None:
        try:
            config: dict[str, Any] = json.loads((folder / "verifier.json").read_text(encoding="utf-8"))
            stored = load_file(folder / "verifier.safetensors")
        except (OSError, ValueError) as error:
            raise EncoderError(f"The verifier's folder {folder} cannot be read: {error}") from error
        texts = load_encoder(EncoderSpec("openvino", BUNDLED_MODEL))
        assert isinstance(texts, OpenVinoEncoder)
        self._tokenizer = texts.tokenizer
        self._encoder = TunedEncoder(stored, int(config["tuned"]))
        self._weight = stored["score.weight"].astype(np.float32)[0]
        self._bias = float(stored["score.bias"][0])

    def scores(self, question: str, readings: Sequence[tuple[str, str]]) -> list[float]:
        """The log odds that each reading is what a question means, beside its others.

        Of a reading its words are read, and what it found.
        """
        if not readings:
            return []
        pairs = [pair_of(self._tokenizer, question, *reading) for reading in readings]
        states = self._encoder.states(pairs, _LENGTH_STEP)
        means = [of_pair[: len(pair)].mean(0) for of_pair, pair in zip(states, pairs, strict=True)]
        read = np.concatenate([states[:, 0], np.stack(means)], axis=1)
        return [float(score) for score in read @ self._weight + self._bias]


_verifiers = SharedCache[Path, Verifier](2)


def load_verifier(folder: Path = VERIFIER_FOLDER) -> Verifier:
    """The verifier of a folder, loaded once in each process. Raises EncoderError."""
    return _verifiers.get(folder, lambda: Verifier(folder))
