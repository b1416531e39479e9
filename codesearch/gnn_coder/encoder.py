"""GNN-Coder as an encoder: questions by the Transformer, code by it and the graph network, in one space."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import openvino as ov
from safetensors.numpy import load_file

from codesearch.encoding import NO_TOKENS, CodeEncoder, CodeVectors, QuestionVectors
from codesearch.gnn_coder.features import COLUMNS, Features, Featurizer
from codesearch.gnn_coder.folder import gnn_coder_folder, identity_of, read_graph_shape, vocabulary_of_shape
from codesearch.gnn_coder.graph import SyntaxGraph
from codesearch.gnn_coder.late_interaction import TokenEmbedder, read_late_interaction_weights
from codesearch.gnn_coder.openvino_network import code_model, question_model
from codesearch.gnn_coder.units import UnitReader
from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors
from searchapp.encoders.batching import Batch, batches
from searchapp.encoders.bert_graph import Weights
from searchapp.encoders.openvino import CORE, TOKEN_BUDGET, OpenVinoEncoder, infer_in_turns, padded

_NODE_STEP = 16


def load_gnn_coder(spec: EncoderSpec) -> CodeEncoder:
    """The network on the device of `spec`: on a GPU by torch in bf16, else by OpenVINO.

    Raises EncoderError.
    """
    if not spec.device.startswith("cuda"):
        return GnnCoderEncoder(spec)
    try:
        from codesearch.gnn_coder.torch_encoder import TorchEncoder
    except ImportError as error:
        raise EncoderError(
            "ENCODER_DEVICE=cuda needs torch and torch-geometric: run `make models`."
        ) from error
    return TorchEncoder(spec)


class GnnCoderEncoder(OpenVinoEncoder, UnitReader):
    """The trained network, run by OpenVINO on the CPU."""

    def __init__(self, spec: EncoderSpec) -> None:
        """Load the model folder that `spec` names. Raises EncoderError."""
        self._folder = gnn_coder_folder(spec.model)
        self._graph = read_graph_shape(self._folder)
        kinds = len(self._graph["kinds"])
        self._late = read_late_interaction_weights(self._folder, self._graph["dimension"], kinds)
        super().__init__(replace(spec, model=str(self._folder)))
        self.token_embedder = (
            TokenEmbedder(self._late, self.tokenizer, kinds) if self._late is not None else None
        )
        self._featurizer = Featurizer(self.tokenizer, vocabulary_of_shape(self._graph))
        self.identity = identity_of(self._folder, spec.max_tokens)

    def text_model(self, weights: Weights) -> ov.Model:
        """The model of questions: with late interaction, it has their token embeddings, too."""
        if self._late is None:
            return super().text_model(weights)
        return question_model(self.config, weights, self._late)

    def encode_question(self, text: str) -> QuestionVectors:
        """Vectors of a question."""
        tokens = self.tokenizer.encode(text).ids
        vectors, *token_outputs = self.infer_one(tokens)
        if self.token_embedder is None:
            return QuestionVectors(vectors[0])
        return self.token_embedder.of_question(
            vectors[0], np.array(tokens, dtype=np.int32), token_outputs[0][0]
        )

    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> CodeVectors:
        """Vectors of units by their texts and graphs; without a graph the text alone speaks."""
        features = self._featurizer(texts, graphs)
        vectors = np.empty((len(features), self.dimension), dtype=np.float32)
        embeddings = [NO_TOKENS] * len(features)

        def inputs(batch: Batch) -> list[Any]:
            return _inputs([features[index] for index in batch])

        by_length = batches([len(unit.tokens) for unit in features], TOKEN_BUDGET)
        for batch, results in infer_in_turns(self._code, self._streams, by_length, inputs):
            vectors[batch] = results[0]
            if self.token_embedder is not None:
                for index, outputs in zip(batch, results[2], strict=True):
                    embeddings[index] = self.token_embedder.of_unit(features[index], outputs)
        return CodeVectors(vectors, None if self.token_embedder is None else embeddings)

    def graph_weights(self, text: str, graph: SyntaxGraph) -> Vectors:
        """Weight of each node of the graph in the unit's vector, float32 [nodes], summing to 1."""
        (features,) = self._featurizer([text], [graph])
        weights = np.zeros(len(graph.parents), dtype=np.float32)
        # A request of its own: calling the model shares the arrays' memory with it, which later requests
        # would write to.
        request = self._code.create_infer_request()
        request.infer(_inputs([features]))
        weights[features.positions] = request.get_output_tensor(1).data[0, : len(features.nodes)]
        return weights

    @cached_property
    def _code(self) -> ov.CompiledModel:
        try:
            weights = load_file(self._folder / "graph.safetensors")
            model = code_model(
                self.config, load_file(self._folder / "model.safetensors"), self._graph, weights, self._late
            )
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise EncoderError(
                f"{self._folder}: graph.json and graph.safetensors do not belong together ({error})."
            ) from error
        return CORE.compile_model(model, "CPU", {"NUM_STREAMS": str(self._streams)})


def _inputs(features: Sequence[Features]) -> list[Any]:
    """(ids, mask, nodes), padded to multiples, so that few shapes have to be prepared for."""
    longest = max(len(unit.nodes) for unit in features)
    nodes = np.zeros(
        (len(features), max(1, -(-longest // _NODE_STEP)) * _NODE_STEP, len(COLUMNS)), dtype=np.int64
    )
    for row, unit in enumerate(features):
        nodes[row, : len(unit.nodes)] = unit.nodes
    return [*padded([unit.tokens for unit in features]), nodes]
