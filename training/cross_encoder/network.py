"""The network that training improves; `kbqa.sql.focus.cross_encoder.inference` runs it without torch.

MiniLM reads each piece of question and schema (a cross-encoder, Nogueira and Cho 2019; for schemas Li et al.
2023, RESDSQL, section 3.2); the mean state of each table's and column's tokens then goes through a few layers
in which all of them attend to each other, biased by the keys between them (Wang et al. 2020, RAT-SQL): a key
is used where the tables at both its ends are.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from kbqa.decoding.actions import FEATURES
from kbqa.decoding.features import JOINT_MATCHES
from kbqa.sql.focus.cross_encoder.features import KINDS
from kbqa.sql.relations import RELATIONS
from training.decoder.network import CrossAttentionLayer
from training.decoder.network import Sizes as ReaderSizes

_TOGETHER = 8
"""How many pieces are read at once."""


@dataclass(frozen=True)
class Sizes:
    """What the network's shapes follow from; `tuned` is how many of the encoder's last layers are our own."""

    width: int = 256
    heads: int = 4
    inner: int = 512
    layers: int = 2
    text_width: int = 384
    tuned: int = 4
    relations: int = len(RELATIONS)

    def as_dict(self) -> dict[str, Any]:
        """The fields for a model's configuration."""
        return asdict(self)


class Batch(NamedTuple):
    """b questions with n tables and columns at most, in p pieces of l tokens, padded.

    `ids` int64 [p, l]; `tokens` bool [p, l]; `places` int64 [b, n, 3], of all pieces; `kinds` int64 [b, n],
    -1 for none; `features` float [b, n, FEATURES]; `relations` int64 [b, n, n]; `used` float [b, n], 1 for
    what the query uses.
    """

    ids: Tensor
    tokens: Tensor
    places: Tensor
    kinds: Tensor
    features: Tensor
    relations: Tensor
    used: Tensor


class CrossEncoderNetwork(nn.Module):
    """Question and schema → a logit for each table and column."""

    def __init__(self, sizes: Sizes, encoder: dict[str, Any], dropout: float = 0.1) -> None:
        super().__init__()
        self.sizes, self.dropout = sizes, dropout
        self.encoder = BertModel(
            BertConfig(**{**encoder, "attn_implementation": "sdpa"}), add_pooling_layer=False
        )
        self.text, self.kind = nn.Linear(sizes.text_width, sizes.width), nn.Embedding(KINDS, sizes.width)
        self.features, self.norm = nn.Linear(FEATURES, sizes.width), nn.LayerNorm(sizes.width)
        shape = ReaderSizes(
            width=sizes.width, heads=sizes.heads, inner=sizes.inner, relations=sizes.relations
        )
        self.reader = nn.ModuleList(CrossAttentionLayer(shape) for _ in range(sizes.layers))
        self.norm_reader, self.used = nn.LayerNorm(sizes.width), nn.Linear(sizes.width, 1)

    def forward(self, batch: Batch) -> Tensor:
        """A logit for each table and column, [b, n]."""
        states = self.read(batch.ids, batch.tokens)
        # The mean over a span is a difference of cumulative sums: [p, l + 1, text_width].
        sums = torch.cat([states.new_zeros(len(states), 1, states.shape[2]), states.float().cumsum(1)], dim=1)
        piece, first, after = batch.places.unbind(-1)
        means = (sums[piece, after] - sums[piece, first]) / (after - first).clamp(min=1)[..., None]
        nodes = self.norm(
            self.text(means) + self.kind(batch.kinds.clamp(min=0)) + self.features(batch.features)
        )
        for layer in self.reader:
            nodes = layer(nodes, None, batch.kinds >= 0, JOINT_MATCHES + batch.relations, self.dropout)
        return self.used(self.norm_reader(nodes))[..., 0]  # type: ignore[no-any-return]

    def read(self, ids: Tensor, tokens: Tensor) -> Tensor:
        """The tokens' states [p, l, text_width]; texts of about the same length are read together."""
        lengths = tokens.sum(1)
        order, states_in_order = lengths.argsort(), []
        for group in torch.split(order, _TOGETHER):
            longest = int(lengths[group].max())
            states = self.encoder(
                ids[group, :longest], attention_mask=tokens[group, :longest].long()
            ).last_hidden_state
            states_in_order.append(functional.pad(states, (0, 0, 0, ids.shape[1] - longest)))
        return torch.cat(states_in_order)[order.argsort()]
