"""The trained model as a folder: what the sequence encoder needs, and beside it the graph network.

`config.json`, `model.safetensors` and `tokenizer.json` are the Transformer as Hugging Face stores one;
`graph.json` and `graph.safetensors` are the graph network, absent for a Transformer alone; `README.md` is the
model card.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, PreTrainedModel

from codesearch.gnn_coder.network import GnnCoder, NetworkConfig
from searchapp.encoders import EncoderError


class WeightsError(EncoderError):
    """The folder does not hold weights that fit together."""


def save_model(model: GnnCoder, folder: Path, tokenizer_file: Path, max_tokens: int) -> None:
    """Write the weights in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    model.transformer.config.to_json_file(folder / "config.json")
    save_file(_half(model.transformer.state_dict()), folder / "model.safetensors")
    shutil.copyfile(tokenizer_file, folder / "tokenizer.json")
    if model.config is not None:
        graph = {
            name: value for name, value in model.state_dict().items() if not name.startswith("transformer.")
        }
        save_file(_half(graph), folder / "graph.safetensors")
        shape = model.config.as_dict() | {"max_tokens": max_tokens}
        (folder / "graph.json").write_text(json.dumps(shape) + "\n", encoding="utf-8")


def load_model(folder: Path) -> GnnCoder:
    """The model that `save_model` wrote. Raises WeightsError."""
    config = read_config(folder) if (folder / "graph.json").exists() else None
    model = GnnCoder(load_transformer(folder), config)
    if config is not None:
        loaded = model.load_state_dict(load_file(folder / "graph.safetensors"), strict=False)
        missing = [name for name in loaded.missing_keys if not name.startswith("transformer.")]
        if missing or loaded.unexpected_keys:
            raise WeightsError(
                f"{folder}: graph.json and graph.safetensors do not belong together"
                f" ({[*missing, *loaded.unexpected_keys][:3]})."
            )
    return model.eval()


def read_config(folder: Path) -> NetworkConfig:
    """The graph network's configuration. Raises WeightsError."""
    try:
        fields: dict[str, Any] = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
        fields.pop("max_tokens", None)
        return NetworkConfig(**fields | {name: tuple(fields[name]) for name in ("kinds", "identifiers")})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder}/graph.json cannot be read: {error}") from error


def load_transformer(folder: Path) -> PreTrainedModel:
    """The Transformer of a folder, in single precision."""
    model: PreTrainedModel = AutoModel.from_pretrained(folder, dtype=torch.float32)
    return model


def _half(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights on the CPU, floats in half precision."""
    stored = {}
    for name, value in state.items():
        precision = torch.float16 if value.is_floating_point() else value.dtype
        stored[name] = value.detach().to("cpu", precision).contiguous()
    return stored
