"""A model folder: where it is, what shape its graph network has, what identifies it."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from codesearch.gnn_coder.features import Vocabulary
from codesearch.gnn_coder.late_interaction import LATE_FILE
from searchapp.encoders.base import EncoderError
from searchapp.encoders.openvino import digest, model_folder

BUNDLED_GNN_CODER = "searchapp-gnn-coder"
"""The name of the model that comes with the package."""


def gnn_coder_folder(model: str) -> Path:
    """Folder of a model: of the bundled one by its name, else `model` itself.

    Raises EncoderError.
    """
    return Path(__file__).parent / "model" if model == BUNDLED_GNN_CODER else model_folder(model)


def read_graph_shape(folder: Path) -> dict[str, Any]:
    """Content of `graph.json`: the graph network's configuration.

    Raises EncoderError, also if it fits nothing else in the folder.
    """
    try:
        shape: dict[str, Any] = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        hidden = json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"]
        with safe_open(folder / "graph.safetensors", "numpy") as weights:
            known = [
                weights.get_slice(f"graph.{name}_embedding.weight").get_shape()[0]
                for name in ("kind", "identifier")
            ]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise EncoderError(
            f"{folder} holds no graph network ({error})."
            " ENCODER_MODEL is a folder that train_gnn_coder wrote."
        ) from error
    if shape["dimension"] != hidden:
        raise EncoderError(
            f"{folder}: the graph network was trained on another Transformer."
            " Train it again, or take the weights it came with."
        )
    if [len(shape["kinds"]) + 1, len(shape["identifiers"]) + 1] != known:
        raise EncoderError(
            f"{folder}: graph.json and graph.safetensors do not belong together. Copy both from one training."
        )
    return shape


def vocabulary_of_shape(shape: dict[str, Any]) -> Vocabulary:
    """Kinds and identifiers of a configuration."""
    return Vocabulary(tuple(shape["kinds"]), tuple(shape["identifiers"]))


def identity_of(folder: Path, max_tokens: int) -> str:
    """Name of the function from code to vectors, the same on a CPU and a GPU.

    Raises EncoderError.
    """
    late = folder / LATE_FILE
    try:
        parts = [digest(folder / name) for name in ("model.safetensors", "graph.safetensors")] + (
            [digest(late)] if late.exists() else []
        )
        return f"gnn-coder@{'+'.join(parts)}/{max_tokens}"
    except OSError as error:
        raise EncoderError(
            f"{folder} holds no graph network ({error})."
            " ENCODER_MODEL is a folder that train_gnn_coder wrote."
        ) from error
