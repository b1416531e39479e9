"""The network run by torch: on a GPU in bf16, and for the variants that only experiments have."""

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from codesearch.gnn_coder.encoding import encode_code, encode_texts
from codesearch.gnn_coder.features import Featurizer
from codesearch.gnn_coder.folder import gnn_coder_folder, identity_of, read_graph_shape, vocabulary_of_shape
from codesearch.gnn_coder.graph import SyntaxGraph
from codesearch.gnn_coder.network import collate
from codesearch.gnn_coder.weights import load_model
from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors


class TorchEncoder:
    """A model folder that `save_model` wrote; vectors are interchangeable with those that OpenVINO computes."""

    def __init__(self, spec: EncoderSpec) -> None:
        """Load the model folder that `spec` names. Raises EncoderError."""
        folder = gnn_coder_folder(spec.model)
        shape = read_graph_shape(folder)
        try:
            self._device = torch.device(spec.device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu"))
            self._model = load_model(folder).to(self._device)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            raise EncoderError(f"The model {folder} cannot be loaded on {spec.device}: {error}") from error
        self._model.bf16 = self._device.type == "cuda"
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(spec.max_tokens)
        self._featurizer = Featurizer(self._tokenizer, vocabulary_of_shape(shape))
        self.dimension = int(shape["dimension"])
        self.identity = identity_of(folder, spec.max_tokens)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 [len(texts), dimension]."""
        return np.asarray(encode_texts(self._model, self._tokenizer, texts, self._device).cpu().numpy())

    def encode_code(self, texts: Sequence[str], graphs: Sequence[SyntaxGraph | None]) -> Vectors:
        """Return unit vectors, float32 [len(texts), dimension]."""
        return np.asarray(encode_code(self._model, self._featurizer(texts, graphs), self._device).cpu().numpy())

    def explain(self, text: str, graph: SyntaxGraph) -> Vectors:
        """Return each node's weight, float32 [nodes]; 0 for nodes beyond the text that the network reads."""
        (features,) = self._featurizer([text], [graph])
        weights = np.zeros(len(graph.parents), dtype=np.float32)
        with torch.inference_mode():
            weights[features.positions] = self._model.explain(collate([features]).to(self._device))[1].float().cpu().numpy()
        return weights
