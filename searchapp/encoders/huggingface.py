"""Any Hugging Face encoder through torch: a model name or a folder; CPU, or a GPU in bf16.

Read-out: the mean over tokens that are not padding, as most sentence encoders are trained for.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors
from searchapp.encoders.batching import Batch, encode_in_batches

_TOKEN_BUDGET = {"cpu": 4096, "cuda": 65536}


class HuggingFaceEncoder:
    """`transformers.AutoModel` with mean pooling; several threads may share it."""

    def __init__(self, spec: EncoderSpec) -> None:
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise EncoderError(
                "The huggingface backend needs torch and transformers: run `make models`."
            ) from error
        self._torch = torch
        name = spec.device
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self._device = torch.device(name)
            self._tokenizer = AutoTokenizer.from_pretrained(spec.model)
            model = AutoModel.from_pretrained(spec.model)
            self._model = getattr(model, "encoder", model) if model.config.is_encoder_decoder else model
            self._model.eval().to(self._device)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise EncoderError(f"The model {spec.model} cannot be loaded on {name}: {error}") from error
        # Each call sets how the tokeniser truncates, and fails where another is at it.
        self._tokenizing = Lock()
        limit = getattr(model.config, "max_position_embeddings", None) or spec.max_tokens
        self._max_tokens = min(spec.max_tokens, int(limit))
        self.dimension = int(model.config.hidden_size)
        revision = getattr(model.config, "_commit_hash", None) or _weights_digest(spec.model)
        self.identity = f"{Path(spec.model).name}@{revision}/mean/{self._max_tokens}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 [len(texts), dimension], each row of unit length."""
        tokens: list[list[int]] = []

        def lengths_of(distinct: list[str]) -> list[int]:
            if distinct:
                with self._tokenizing:
                    read = self._tokenizer(distinct, truncation=True, max_length=self._max_tokens)
                tokens.extend(read["input_ids"])
            return [len(ids) for ids in tokens]

        def encode_batch(batch: Batch) -> Vectors:
            return self._forward([tokens[index] for index in batch])

        return encode_in_batches(
            texts, self.dimension, lengths_of, encode_batch, _TOKEN_BUDGET[self._device.type]
        )

    def _forward(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        torch = self._torch
        padded = self._tokenizer.pad({"input_ids": [list(ids) for ids in tokens]}, return_tensors="pt").to(
            self._device
        )
        on_gpu = self._device.type == "cuda"
        with torch.inference_mode(), torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=on_gpu):
            states = self._model(
                input_ids=padded["input_ids"], attention_mask=padded["attention_mask"]
            ).last_hidden_state.float()
            mask = padded["attention_mask"].unsqueeze(-1).float()
            pooled = torch.nn.functional.normalize((states * mask).sum(1), dim=1)
        return np.asarray(pooled.cpu().numpy(), dtype=np.float32)


def _weights_digest(model: str) -> str:
    from searchapp.encoders.openvino import digest

    for path in sorted(Path(model).glob("*.safetensors")):
        return digest(path)
    return "unknown"
