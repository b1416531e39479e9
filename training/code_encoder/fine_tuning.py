"""The beginning and the end of a training: a pretrained Transformer set up for it, and set back after it."""

from dataclasses import replace
from pathlib import Path

import torch

from codesearch.gnn_coder.network import GnnCoder, NetworkConfig
from codesearch.gnn_coder.weights import load_transformer


def new_model(transformer: Path, config: NetworkConfig | None, device: torch.device) -> GnnCoder:
    """A pretrained Transformer with an untrained graph network, set up for training.

    The Transformer's own dropout is off: contrastive batches regularise enough, and it costs half of the time
    on a CPU. There, too, plain attention is twice as fast as the fused one, whose backward pass is slow.
    """
    loaded = load_transformer(transformer)
    for module in loaded.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    if device.type == "cpu":
        loaded.set_attn_implementation("eager")
    return GnnCoder(loaded, config)


def blend(model: GnnCoder, start: Path, share: float) -> None:
    """Set back what was trained: the graph network's part, or a Transformer towards the weights in `start`.

    A model between the pretrained and the fine-tuned one keeps what the first knew of other data, at little
    cost to what the second has learned (WiSE-FT; Wortsman et al. 2022, arXiv 2109.01903).
    """
    if model.config is not None:
        model.config = replace(model.config, share=1 - share)
        return
    before = load_transformer(start).state_dict()
    with torch.no_grad():
        for name, weight in model.transformer.named_parameters():
            weight.lerp_(before[name].to(weight), share)
