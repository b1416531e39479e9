"""The network run by torch: on a GPU in bf16, and for the variants that only experiments have."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from codesearch.encoding import CodeVectors, QuestionVectors
from codesearch.gnn_coder.encoding import encode_code, encode_code_with_states, encode_texts
from codesearch.gnn_coder.features import Features, Featurizer
from codesearch.gnn_coder.folder import gnn_coder_folder, identity_of, read_graph_shape, vocabulary_of_shape
from codesearch.gnn_coder.graph import SyntaxGraph
from codesearch.gnn_coder.late_interaction import TokenEmbedder, read_late_interaction_weights
from codesearch.gnn_coder.network import GnnCoder, collate, pad
from codesearch.gnn_coder.units import UnitReader
from codesearch.gnn_coder.weights import load_model
from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors


class TorchEncoder(UnitReader):
    """A model folder that `save_model` wrote; its vectors are interchangeable with those of OpenVINO."""

    def __init__(self, spec: EncoderSpec) -> None:
        """Load the model folder that `spec` names. Raises EncoderError."""
        folder = gnn_coder_folder(spec.model)
        shape = read_graph_shape(folder)
        try:
            self._device = torch.device(
                spec.device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
            )
            self._model = load_model(folder).to(self._device)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            raise EncoderError(f"The model {folder} cannot be loaded on {spec.device}: {error}") from error
        self._model.bf16 = self._device.type == "cuda"
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(spec.max_tokens)
        self._featurizer = Featurizer(self._tokenizer, vocabulary_of_shape(shape))
        self.dimension = int(shape["dimension"])
        self._late = LateEncoding.of_folder(folder, self._model, self._tokenizer, self._device)
        self.token_embedder = self._late.embedder if self._late is not None else None
        self.identity = identity_of(folder, spec.max_tokens)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, float32 [len(texts), dimension]."""
        return np.asarray(encode_texts(self._model, self._tokenizer, texts, self._device).cpu().numpy())

    def encode_question(self, text: str) -> QuestionVectors:
        """Vectors of a question."""
        return QuestionVectors(self.encode([text])[0]) if self._late is None else self._late.question(text)

    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> CodeVectors:
        """Vectors of units by their texts and graphs; without a graph the text alone speaks."""
        features = self._featurizer(texts, graphs)
        if self._late is not None:
            return self._late.code(features)
        return CodeVectors(np.asarray(encode_code(self._model, features, self._device).cpu().numpy()))

    def graph_weights(self, text: str, graph: SyntaxGraph) -> Vectors:
        """Weight of each node of the graph in the unit's vector, float32 [nodes], summing to 1."""
        (features,) = self._featurizer([text], [graph])
        weights = np.zeros(len(graph.parents), dtype=np.float32)
        with torch.inference_mode():
            weights[features.positions] = (
                self._model.explain(collate([features]).to(self._device))[1].float().cpu().numpy()
            )
        return weights


class LateEncoding:
    """Questions and code with their token embeddings, each in one pass of the Transformer."""

    def __init__(
        self, embedder: TokenEmbedder, model: GnnCoder, tokenizer: Tokenizer, device: torch.device
    ) -> None:
        self.embedder, self._model, self._tokenizer, self._device = embedder, model, tokenizer, device

    @classmethod
    def of_folder(
        cls, folder: Path, model: GnnCoder, tokenizer: Tokenizer, device: torch.device
    ) -> "LateEncoding | None":
        """Late encoding by a model folder's weights, None where it has none.

        Raises EncoderError if they do not fit.
        """
        if model.config is None:
            return None
        kinds = len(model.config.kinds)
        weights = read_late_interaction_weights(folder, model.config.dimension, kinds)
        if weights is None:
            return None
        return cls(TokenEmbedder(weights, tokenizer, kinds), model, tokenizer, device)

    def question(self, text: str) -> QuestionVectors:
        """Vectors of a question."""
        ids = np.array(self._tokenizer.encode(text).ids, dtype=np.int32)
        tokens, mask = pad([ids])
        with torch.inference_mode():
            states = self._model.states(tokens.to(self._device), mask.to(self._device))[0].float().cpu()
        vector = functional.normalize(states.mean(0), dim=0).numpy()
        weight = self.embedder.weights.question_weight
        return self.embedder.of_question(vector, ids, self.token_outputs(states, weight))

    def code(self, features: Sequence[Features]) -> CodeVectors:
        """Vectors of units."""
        vectors, states = encode_code_with_states(self._model, features, self._device)
        weight = self.embedder.weights.code_weight
        embeddings = [
            self.embedder.of_unit(unit, self.token_outputs(of_unit, weight))
            for unit, of_unit in zip(features, states, strict=True)
        ]
        return CodeVectors(vectors.cpu().numpy(), embeddings)

    def token_outputs(self, states: Tensor, weight: Vectors) -> Vectors:
        """Unit directions and logits, float32 [tokens, width + 1], from states [tokens, dimension]."""
        directions = functional.normalize(
            states @ torch.from_numpy(self.embedder.weights.projection).T, dim=-1
        )
        return np.asarray(
            torch.cat([directions, (states @ torch.from_numpy(weight)).unsqueeze(-1)], dim=-1).numpy()
        )
