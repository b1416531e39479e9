"""The network that training improves; `kbqa.decoding.pointer_network` runs the same function without torch.

A question is read by MiniLM (Wang et al. 2020) and projected to `width`. The *reader* reads every candidate
beside the question, in layers of attention that are biased by how names match words (relation-aware
attention, Wang et al. 2020, RAT-SQL section 3). Where the graph comes up with candidates while decoding, each
is read for itself; where all are known before, as a schema's are, question and candidates are read together,
biased also by what the candidates are to each other. The *decoder* is a pre-norm Transformer over the actions
made so far; the next action is scored by the product of its state with each legal action's vector (pointer
network, Vinyals et al. 2015).
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from kbqa.decoding.actions import FEATURES
from kbqa.decoding.features import JOINT_MATCHES, JOINT_WIDTH, KINDS, MATCHES
from kbqa.decoding.vocabulary import Vocabulary

_ALONE = 0.1
"""The share of the questions that training reads without their joint states."""


@dataclass(frozen=True)
class Sizes:
    """What the network's shapes follow from; `tuned` is how many of the encoder's last layers are our own.

    With `relations`, the number of what candidates can be to each other, they are read together with the
    question. A network that is `joint` goes on from states of both as one text.
    """

    width: int = 256
    heads: int = 4
    inner: int = 512
    reader_layers: int = 2
    decoder_layers: int = 3
    text_width: int = 384
    longest: int = 64
    tuned: int = 3
    relations: int = 0
    joint: bool = False

    @property
    def attended(self) -> int:
        """How many kinds of connection the reader's attention knows."""
        return JOINT_MATCHES + self.relations if self.relations else MATCHES

    def as_dict(self) -> dict[str, Any]:
        """The fields for a model's configuration."""
        return asdict(self)


class Batch(NamedTuple):
    """Questions with their candidates and gold actions, padded.

    Of b questions, l tokens, n pointers, t steps and c = keywords + n + variables:
    `lower` float [b, l, text_width] states below the tuned layers; `tokens` bool [b, l]; `kinds`, `texts`
    int64 [b, n]; `contexts` int64 [b, n, CONTEXTS]; `features` float [b, n, FEATURES]; `matches` int64 [b, n,
    l]; `relations` int64 [b, n, n], or [b, 0, 0] where each is read for itself; `relevant` float [b, n], 1
    for what the query uses, 0 for what it does not, -1 where that is not known; `joint_question` float [b, l,
    JOINT_WIDTH] and `joint` float [b, n, JOINT_WIDTH], states of both as one text, 0 where there are none, or
    of width 0 where no question has any; `introduced` int64 [b, variables], the pointer that each variable
    was introduced by; `previous` int64 [b, t], the action before each step, -1 for none; `steps` int64 [b,
    t]; `legal` bool [b, t, c]; `gold` int64 [b, t], -1 where there is no step.
    """

    lower: Tensor
    tokens: Tensor
    kinds: Tensor
    texts: Tensor
    contexts: Tensor
    features: Tensor
    matches: Tensor
    relations: Tensor
    relevant: Tensor
    joint_question: Tensor
    joint: Tensor
    introduced: Tensor
    previous: Tensor
    steps: Tensor
    legal: Tensor
    gold: Tensor


class Output(NamedTuple):
    """How likely actions are, and what the query uses."""

    scores: Tensor
    """Log-probabilities among the legal actions, float [b, t, c]; -1e4 for others."""
    relevance: Tensor
    """Logits of what the query uses, float [b, n]; [b, 0] where each candidate is read for itself."""


def _silent(width: int) -> nn.Linear:
    """A projection of joint states that adds nothing yet: what was trained without them stays as good."""
    layer = nn.Linear(JOINT_WIDTH, width, bias=False)
    nn.init.zeros_(layer.weight)
    return layer


class Attention(nn.Module):
    """Multi-head attention of states over a memory; each of the `kinds` of connection adds bias and value."""

    def __init__(self, sizes: Sizes, kinds: int = 0) -> None:
        super().__init__()
        self.heads, self.head_width = sizes.heads, sizes.width // sizes.heads
        self.query, self.key, self.value, self.output = (
            nn.Linear(sizes.width, sizes.width) for _ in range(4)
        )
        self.match_bias = nn.Parameter(torch.zeros(kinds, sizes.heads)) if kinds else None
        self.match_value = nn.Parameter(torch.zeros(kinds, sizes.width)) if kinds else None

    def forward(
        self, states: Tensor, memory: Tensor, allowed: Tensor, matches: Tensor | None = None
    ) -> Tensor:
        """For each state, the values of the memory weighted by attention and projected, float [b, n, width].

        `states` are [b, n, width], `memory` [b, l, width], `allowed` bool broadcastable to [b, 1, n, l], and
        `matches`, the kinds of connection, int64 [b, n, l].
        """
        query, key = self._split(self.query(states)), self._split(self.key(memory))
        value = self._split(self.value(memory))
        scores = query @ key.transpose(-1, -2) / self.head_width**0.5
        if matches is not None and self.match_bias is not None:
            scores = scores + self.match_bias[matches].permute(0, 3, 1, 2)
        weights = scores.masked_fill(~allowed, -1e4).softmax(-1)
        attended = weights @ value
        if matches is not None and self.match_value is not None:
            kinds = len(self.match_value)
            connections = matches[:, None].expand_as(weights)
            by_match = weights.new_zeros(*weights.shape[:-1], kinds).scatter_add(-1, connections, weights)
            by_head = self.match_value.view(kinds, self.heads, self.head_width).transpose(0, 1)
            attended = attended + by_match @ by_head
        return self.output(attended.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _split(self, states: Tensor) -> Tensor:
        return states.view(*states.shape[:2], self.heads, self.head_width).transpose(1, 2)


class FeedForward(nn.Module):
    """Two dense layers."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.inner, self.output = nn.Linear(sizes.width, sizes.inner), nn.Linear(sizes.inner, sizes.width)

    def forward(self, states: Tensor) -> Tensor:
        """States of the same shape."""
        return self.output(functional.gelu(self.inner(states)))  # type: ignore[no-any-return]


class CrossAttentionLayer(nn.Module):
    """Candidates attend to the question; or all to all, where no `memory` is given."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.attention, self.feed_forward = Attention(sizes, sizes.attended), FeedForward(sizes)
        self.norm_attention, self.norm_feed_forward = nn.LayerNorm(sizes.width), nn.LayerNorm(sizes.width)

    def forward(
        self, states: Tensor, memory: Tensor | None, allowed: Tensor, matches: Tensor, dropout: float
    ) -> Tensor:
        """The states [b, n, width] after the layer."""
        normal = self.norm_attention(states)
        memory = normal if memory is None else memory
        attended = self.attention(normal, memory, allowed[:, None, None], matches)
        states = states + functional.dropout(attended, dropout, self.training)
        inner = self.feed_forward(self.norm_feed_forward(states))
        return states + functional.dropout(inner, dropout, self.training)


class DecoderLayer(nn.Module):
    """A step attends to the steps before it, and to what was read."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.own, self.cross, self.feed_forward = Attention(sizes), Attention(sizes), FeedForward(sizes)
        self.norm_own, self.norm_cross, self.norm_feed_forward = (nn.LayerNorm(sizes.width) for _ in range(3))

    def forward(
        self, states: Tensor, memory: Tensor, allowed: Tensor, causal: Tensor, dropout: float
    ) -> Tensor:
        """The states [b, t, width] after the layer."""
        normal = self.norm_own(states)
        attended = self.own(normal, normal, causal)
        states = states + functional.dropout(attended, dropout, self.training)
        attended = self.cross(self.norm_cross(states), memory, allowed[:, None, None])
        states = states + functional.dropout(attended, dropout, self.training)
        inner = self.feed_forward(self.norm_feed_forward(states))
        return states + functional.dropout(inner, dropout, self.training)


class DecoderNetwork(nn.Module):
    """Question, candidates and actions so far → a score for every action at every step."""

    def __init__(
        self, sizes: Sizes, vocabulary: Vocabulary, encoder: dict[str, Any], dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.sizes, self.vocabulary, self.dropout = sizes, vocabulary, dropout
        config = BertConfig(**{**encoder, "num_hidden_layers": sizes.tuned, "attn_implementation": "eager"})
        self.encoder = BertModel(config, add_pooling_layer=False).encoder
        self.question = nn.Linear(sizes.text_width, sizes.width)
        self.norm_question = nn.LayerNorm(sizes.width)
        self.text, self.context = (nn.Linear(sizes.text_width, sizes.width, bias=False) for _ in range(2))
        if sizes.joint:
            self.joint_question, self.joint_candidate = (_silent(sizes.width) for _ in range(2))
        self.features, self.norm_candidate = nn.Linear(FEATURES, sizes.width), nn.LayerNorm(sizes.width)
        self.mentioned = nn.Embedding(2, sizes.width)
        self.kind = nn.Embedding(len(KINDS), sizes.width)
        self.keyword = nn.Embedding(len(vocabulary.keywords), sizes.width)
        self.step = nn.Embedding(len(vocabulary.steps), sizes.width)
        self.position = nn.Embedding(sizes.longest, sizes.width)
        self.slot = nn.Embedding(vocabulary.variables, sizes.width)
        self.variable = nn.Linear(sizes.width, sizes.width)
        self.begin = nn.Parameter(torch.zeros(sizes.width))
        self.reader = nn.ModuleList(CrossAttentionLayer(sizes) for _ in range(sizes.reader_layers))
        self.decoder = nn.ModuleList(DecoderLayer(sizes) for _ in range(sizes.decoder_layers))
        self.norm_reader, self.norm_decoder = nn.LayerNorm(sizes.width), nn.LayerNorm(sizes.width)
        self.relevant = nn.Linear(sizes.width, 1) if sizes.relations else None
        self.chosen, self.asked, self.offered = (nn.Linear(sizes.width, sizes.width) for _ in range(3))

    def forward(self, batch: Batch, text_vectors: Tensor) -> Output:
        """Score every action at every step, and what the query uses."""
        batch = self._some_alone(batch)
        question, candidates = self.read_question(batch), self.embed(batch, text_vectors)
        memory, allowed, pointers = self.read(batch, question, candidates)
        actions = self.action_vectors(batch, pointers)
        states = self.decode(batch, memory, allowed, actions)
        scores = self.asked(states) @ self.offered(actions).transpose(1, 2) / self.sizes.width**0.5
        relevance = pointers.new_zeros(len(pointers), 0)
        if self.relevant is not None:
            relevance = self.relevant(pointers)[..., 0]
        return Output(scores.masked_fill(~batch.legal, -1e4).log_softmax(-1), relevance)

    def read_question(self, batch: Batch) -> Tensor:
        """The tokens' states [b, l, width]."""
        bias = torch.zeros_like(batch.tokens, dtype=batch.lower.dtype).masked_fill(~batch.tokens, -1e4)
        states = self.encoder(batch.lower, attention_mask=bias[:, None, None]).last_hidden_state
        # The feature of a name that is written in the question as it is.
        certain = batch.features[..., 1, None] > 0
        mentioned = ((batch.matches == MATCHES - 1) & certain).any(1).long()
        states = self.question(states) + self.mentioned(mentioned)
        if self.sizes.joint and batch.joint_question.shape[-1]:
            states = states + self.joint_question(batch.joint_question)
        return self.norm_question(states)  # type: ignore[no-any-return]

    def _some_alone(self, batch: Batch) -> Batch:
        """In training, a share of the questions without their joint states, as large schemas are read."""
        if not self.training:
            return batch
        kept = (torch.rand(len(batch.joint), 1, 1) >= _ALONE).to(batch.joint.dtype)
        return batch._replace(joint_question=batch.joint_question * kept, joint=batch.joint * kept)

    def embed(self, batch: Batch, text_vectors: Tensor) -> Tensor:
        """Candidates' vectors from kinds, texts, contexts and features, float [b, n, width].

        The question has no part in them but by joint states. `text_vectors` are float [texts, text_width].
        """
        number = (batch.contexts > 0).sum(-1, keepdim=True).clamp(min=1)
        around = text_vectors[batch.contexts].sum(2) / number
        states = self.kind(batch.kinds) + self.text(text_vectors[batch.texts]) + self.context(around)
        states = states + self.features(batch.features)
        if self.sizes.joint and batch.joint.shape[-1]:
            states = states + self.joint_candidate(batch.joint)
        return self.norm_candidate(states)  # type: ignore[no-any-return]

    def read(self, batch: Batch, question: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The memory [b, m, width], which of it is there [b, m], and candidates' vectors [b, n, width]."""
        if not self.sizes.relations:
            for layer in self.reader:
                candidates = layer(candidates, question, batch.tokens, batch.matches, self.dropout)
            return question, batch.tokens, self.norm_reader(candidates)
        states, tokens = torch.cat([question, candidates], dim=1), question.shape[1]
        # The first kind, keywords, points to nothing: it is padding.
        allowed = torch.cat([batch.tokens, batch.kinds > 0], dim=1)
        connections = batch.matches.new_zeros(len(states), states.shape[1], states.shape[1])
        connections[:, :tokens, tokens:] = 1 + batch.matches.transpose(1, 2)
        connections[:, tokens:, :tokens] = 1 + MATCHES + batch.matches
        connections[:, tokens:, tokens:] = JOINT_MATCHES + batch.relations
        for layer in self.reader:
            states = layer(states, None, allowed, connections, self.dropout)
        states = self.norm_reader(states)
        return states, allowed, states[:, tokens:]

    def action_vectors(self, batch: Batch, pointers: Tensor) -> Tensor:
        """The vectors of keywords, pointers and variables [b, c, width]."""
        introduced = pointers.gather(1, batch.introduced[..., None].expand(-1, -1, pointers.shape[-1]))
        variables = self.variable(introduced) + self.slot.weight
        keywords = self.keyword.weight.expand(len(pointers), -1, -1)
        return torch.cat([keywords, pointers, variables], dim=1)

    def decode(self, batch: Batch, memory: Tensor, allowed: Tensor, actions: Tensor) -> Tensor:
        """The state of each step [b, t, width]."""
        before = actions.gather(1, batch.previous.clamp(min=0)[..., None].expand(-1, -1, actions.shape[-1]))
        before = torch.where(batch.previous[..., None] < 0, self.begin, self.chosen(before))
        length = batch.previous.shape[1]
        # Steps beyond the positions that there are share the last one.
        positions = torch.arange(length, device=before.device).clamp(max=self.sizes.longest - 1)
        states = before + self.step(batch.steps) + self.position(positions)
        causal = torch.ones(length, length, dtype=torch.bool, device=states.device).tril()[None, None]
        for layer in self.decoder:
            states = layer(states, memory, allowed, causal, self.dropout)
        return self.norm_decoder(states)  # type: ignore[no-any-return]
