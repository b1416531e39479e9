"""The network that training improves; `kbqa.sql.verifier.inference` runs it without torch.

A cross-encoder (Nogueira and Cho 2019) over a question and a query in words, as Bertrand-DR ranks SQL (Kelkar
et al. 2020).
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel


class VerifierNetwork(nn.Module):
    """Question and reading as one text → the log odds that the reading is right."""

    def __init__(self, encoder: dict[str, Any], dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = BertModel(
            BertConfig(**{**encoder, "attn_implementation": "sdpa"}), add_pooling_layer=False
        )
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(2 * int(encoder["hidden_size"]), 1)

    def forward(self, ids: Tensor, tokens: Tensor) -> Tensor:
        """The log odds [b] of texts int64 [b, l], of which bool [b, l] are no padding."""
        states = self.encoder(ids, attention_mask=tokens.long()).last_hidden_state
        known = tokens[..., None].float()
        mean = (states * known).sum(1) / known.sum(1)
        read = torch.cat([states[:, 0], mean], dim=1)
        return self.score(self.dropout(read))[:, 0]  # type: ignore[no-any-return]
