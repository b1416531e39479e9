"""The decoder without torch: OpenVINO runs the encoder, NumPy the few small layers behind it.

It computes what `training.decoder.network.DecoderNetwork` does in evaluation. Keys and values of earlier
steps are kept, so a step costs one row a hypothesis.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.decoding.features import (
    JOINT_MATCHES,
    MATCHES,
    Candidates,
    JointReading,
    Relate,
    TextTable,
    TextVectorCache,
    read_candidates,
    read_question,
)
from kbqa.decoding.layers import Array, Layers, Memory, TunedEncoder, softmax
from kbqa.decoding.vocabulary import Vocabulary
from searchapp.encoders.base import EncoderError, EncoderSpec
from searchapp.encoders.openvino import BUNDLED_MODEL, OpenVinoEncoder
from searchapp.encoders.registry import load_encoder
from searchapp.shared import SharedCache

_LENGTH_STEP = 8
_NEVER = -1e4
"""The score of what is never chosen, as in training."""


@dataclass(frozen=True)
class Past:
    """The memory of hypotheses: keys and values of each layer, [hypotheses, heads, steps, head width]."""

    keys: tuple[Array, ...] = ()
    values: tuple[Array, ...] = ()

    def of(self, hypotheses: Sequence[int]) -> "Past":
        """The memory of some hypotheses, in the order given."""
        rows = list(hypotheses)
        return Past(tuple(keys[rows] for keys in self.keys), tuple(values[rows] for values in self.values))


class DecoderModel(Layers):
    """Trained weights, ready to read questions."""

    def __init__(self, folder: Path) -> None:
        try:
            config: dict[str, Any] = json.loads((folder / "decoder.json").read_text(encoding="utf-8"))
            stored = load_file(folder / "decoder.safetensors")
        except (OSError, ValueError) as error:
            raise EncoderError(f"The decoder's folder {folder} cannot be read: {error}") from error
        sizes = config["sizes"]
        weights = {
            name: tensor.astype(np.float32)
            for name, tensor in stored.items()
            if not name.startswith("encoder.")
        }
        super().__init__(weights, int(sizes["heads"]))
        self.width = int(sizes["width"])
        self.reader_layers, self.decoder_layers = int(sizes["reader_layers"]), int(sizes["decoder_layers"])
        self.longest, self.joint = int(sizes["longest"]), bool(sizes.get("relations"))
        self.vocabulary = Vocabulary(
            tuple(config["keywords"]), tuple(config["steps"]), len(self.weights["slot.weight"])
        )
        self.keyword_rows = {word: row for row, word in enumerate(self.vocabulary.keywords)}
        self.reads_jointly = "joint_candidate.weight" in self.weights
        self.temperature = float(config.get("temperature", 1.0))
        self.ranking: dict[str, float] = config.get("ranking", {})
        texts = load_encoder(EncoderSpec("openvino", BUNDLED_MODEL))
        assert isinstance(texts, OpenVinoEncoder)
        self.tokenizer, self.encode, self.dimension = texts.tokenizer, texts.encode, texts.dimension
        self.text_vectors = TextVectorCache(texts.encode)
        self._encoder = TunedEncoder(stored, int(sizes["tuned"]))

    def states(self, ids: NDArray[np.int64]) -> Array:
        """The encoder's states of a question's tokens, float32 [tokens, 384]."""
        states: Array = self._encoder.states([ids], _LENGTH_STEP)[0, : len(ids)]
        return states

    def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of each text to a question, by their sentence vectors [n]; the vectors are kept."""
        vectors = self.text_vectors.encode([question, *texts])
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]


def _introducer(action: Action) -> Action | None:
    return action.introduced_by if isinstance(action, VariablePointer) else None


def _read_as(action: Action) -> Action | None:
    """The pointer whose vector an action's is made of; None for a keyword, which has one of its own."""
    if isinstance(action, VariablePointer):
        return action.introduced_by
    return None if isinstance(action, Keyword) else action


class Session:
    """One question: its states, the vectors of actions seen so far, and the scoring of steps.

    `relate` gives the relations between candidates, for a model that reads them together; `relevance` is then
    its probability that the query uses each. A model that `reads_jointly` goes on from a `joint` reading,
    where there is one.
    """

    def __init__(
        self,
        model: DecoderModel,
        question: str,
        mentioned: Sequence[Action],
        relate: Relate | None = None,
        joint: JointReading | None = None,
    ) -> None:
        self.model = model
        self.joint = joint if model.reads_jointly else None
        self.question = read_question(model.tokenizer, question)
        self._texts = TextTable(model.text_vectors.encode, model.dimension)
        candidates = read_candidates(self.question, mentioned, self._texts, relate if model.joint else None)
        states = self._question_states(candidates)
        self._memory: dict[str, Memory] = {}
        self._vectors: dict[Action, Array] = {}
        self._variables: dict[tuple[int, Action], Array] = {}
        self._scored_by: dict[tuple[Action, Action | None], Array] = {}
        self.relevance: dict[Action, float] = {}
        if model.joint:
            embedded = self._embedded(candidates, mentioned)
            states, pointers = self._read_together(states, embedded, candidates)
            self._vectors = dict(zip(mentioned, pointers, strict=True))
            relevance = 1 / (1 + np.exp(-model.linear("relevant", pointers)[:, 0]))
            self.relevance = dict(zip(mentioned, map(float, relevance), strict=True))
        else:
            self._remember([f"reader.{layer}.attention" for layer in range(model.reader_layers)], states)
        self._remember([f"decoder.{layer}.cross" for layer in range(model.decoder_layers)], states)

    def _question_states(self, candidates: Candidates) -> Array:
        """States of the question's tokens [tokens, width], marked where they mention a name exactly."""
        exact = candidates.features[:, 1:2] > 0
        marked = ((candidates.matches == MATCHES - 1) & exact).any(0).astype(int)
        states = self.model.linear("question", self.model.states(self.question.ids))
        states = states + self.model.weights["mentioned.weight"][marked]
        if self.joint is not None:
            states = states + self.model.linear("joint_question", self.joint.of_tokens(len(states)))
        return self.model.norm("norm_question", states)

    def vectors(self, actions: Sequence[Action]) -> Array:
        """The vectors of actions [n, width]; pointers that are new are read together."""
        pointers = [pointer for action in actions if (pointer := _read_as(action)) is not None]
        new = list(dict.fromkeys(pointer for pointer in pointers if pointer not in self._vectors))
        if new:
            self._vectors |= zip(new, self._read(new), strict=True)
        return np.stack([self._vector(action) for action in actions])

    def step(
        self, past: Past, previous: Sequence[Action | None], steps: Sequence[str], steps_done: int
    ) -> tuple[Array, Past]:
        """The states [hypotheses, width] in which the next action is scored, and the memory with them."""
        model = self.model
        before = np.tile(model.weights["begin"], (len(previous), 1))
        if given := [action for action in previous if action is not None]:
            before = model.linear("chosen", self.vectors(given))
        position = min(steps_done, model.longest - 1)
        due = [model.vocabulary.steps.index(step) for step in steps]
        states = before + model.weights["step.weight"][due] + model.weights["position.weight"][position]
        keys, values = [], []
        for layer in range(model.decoder_layers):
            earlier = (past.keys[layer], past.values[layer]) if past.keys else (None, None)
            states, key, value = self._decoder_layer(f"decoder.{layer}", states, *earlier)
            keys.append(key)
            values.append(value)
        return model.norm("norm_decoder", states), Past(tuple(keys), tuple(values))

    def scores(self, state: Array, actions: Sequence[Action]) -> Array:
        """The log-probabilities of actions [n] in a state [width].

        Keywords that the weights were not trained with are never chosen.
        """
        query = self.model.linear("asked", state[None])[0]
        raw = self._offered(actions) @ query / np.float32(self.model.width**0.5)
        known = self.model.keyword_rows
        raw[[isinstance(action, Keyword) and action.key not in known for action in actions]] = _NEVER
        raw = raw - raw.max()
        scores: Array = raw - np.log(np.exp(raw).sum())
        return scores

    def _offered(self, actions: Sequence[Action]) -> Array:
        """The vectors that actions are scored by [n, width]; kept, since many steps offer the same."""
        named = [(action, _introducer(action)) for action in actions]
        new = list(dict.fromkeys(pair for pair in named if pair not in self._scored_by))
        if new:
            vectors = self.model.linear("offered", self.vectors([action for action, _ in new]))
            self._scored_by |= zip(new, vectors, strict=True)
        return np.stack([self._scored_by[pair] for pair in named])

    def _vector(self, action: Action) -> Array:
        weights = self.model.weights
        if isinstance(action, Keyword):
            keyword: Array = weights["keyword.weight"][self.model.keyword_rows.get(action.key, 0)]
            return keyword
        if not isinstance(action, VariablePointer):
            return self._vectors[action]
        assert action.introduced_by is not None
        named = action.key, action.introduced_by
        if named not in self._variables:
            introduced = self.model.linear("variable", self._vectors[action.introduced_by][None])[0]
            self._variables[named] = introduced + weights["slot.weight"][action.key]
        return self._variables[named]

    def _remember(self, names: Sequence[str], memory: Array) -> None:
        """Keep the keys and values of what some layers attend to."""
        for name in names:
            self._memory[name] = self.model.remembered(name, memory)

    def _embedded(self, read: Candidates, actions: Sequence[Action]) -> Array:
        model, texts = self.model, self._texts.vectors
        number = np.maximum((read.contexts > 0).sum(-1, keepdims=True), 1).astype(np.float32)
        states = model.weights["kind.weight"][read.kinds] + model.linear("text", texts[read.texts])
        states = states + model.linear("context", texts[read.contexts].sum(1) / number)
        states = states + model.linear("features", read.features)
        if self.joint is not None:
            states = states + model.linear("joint_candidate", self.joint.of(actions))
        return model.norm("norm_candidate", states)

    def _read(self, actions: Sequence[Action]) -> Array:
        """Vectors of candidates [n, width], each read beside the question for itself."""
        read = read_candidates(self.question, actions, self._texts)
        states = self._embedded(read, actions)
        for layer in range(self.model.reader_layers):
            states = self.model.reader_layer(
                f"reader.{layer}", states, read.matches, self._memory[f"reader.{layer}.attention"]
            )
        return self.model.norm("norm_reader", states)

    def _read_together(self, question: Array, embedded: Array, read: Candidates) -> tuple[Array, Array]:
        """All states [tokens + n, width], read together, and those of the candidates [n, width]."""
        tokens, matches = len(question), read.matches.astype(np.int64)
        states = np.concatenate([question, embedded])
        connections = np.zeros((len(states), len(states)), dtype=np.int64)
        connections[:tokens, tokens:], connections[tokens:, :tokens] = 1 + matches.T, 1 + MATCHES + matches
        if read.relations is not None:
            connections[tokens:, tokens:] = JOINT_MATCHES + read.relations
        for layer in range(self.model.reader_layers):
            states = self.model.reader_layer(f"reader.{layer}", states, connections)
        states = self.model.norm("norm_reader", states)
        return states, states[tokens:]

    def _decoder_layer(
        self, name: str, states: Array, past_keys: Array | None, past_values: Array | None
    ) -> tuple[Array, Array, Array]:
        """States after one layer for a new step [hypotheses, width], and the keys and values with its own."""
        model, number = self.model, len(states)
        normal = model.norm(f"{name}.norm_own", states)
        query, key, value = (
            model.linear(f"{name}.own.{part}", normal).reshape(number, model.heads, 1, -1)
            for part in ("query", "key", "value")
        )
        keys = key if past_keys is None else np.concatenate([past_keys, key], axis=2)
        values = value if past_values is None else np.concatenate([past_values, value], axis=2)
        attended = softmax(query @ keys.transpose(0, 1, 3, 2) / np.float32(query.shape[-1] ** 0.5)) @ values
        states = states + model.linear(f"{name}.own.output", attended.reshape(number, -1))
        states = states + self._cross_attended(f"{name}.cross", model.norm(f"{name}.norm_cross", states))
        normal = model.norm(f"{name}.norm_feed_forward", states)
        return states + model.feed_forward(f"{name}.feed_forward", normal), keys, values

    def _cross_attended(self, name: str, states: Array) -> Array:
        """Attention of states [hypotheses, width] to the question, and to the candidates read with it."""
        keys, values = self._memory[name]
        query = self.model.split(self.model.linear(f"{name}.query", states))
        weights = softmax(query @ keys.transpose(0, 2, 1) / np.float32(query.shape[-1] ** 0.5))
        attended = (weights @ values).transpose(1, 0, 2).reshape(len(states), -1)
        return self.model.linear(f"{name}.output", attended)


_decoders = SharedCache[Path, DecoderModel](4)


def load_decoder(folder: Path) -> DecoderModel:
    """The decoder of a folder, loaded once in each process. Raises EncoderError."""
    return _decoders.get(folder, lambda: DecoderModel(folder))
