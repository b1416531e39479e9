"""Contrastive losses over (query, code) pairs: a query belongs to its code alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SymmetricContrastiveLoss(nn.Module):
    """Cross-entropy from queries to code and from code to queries, with one learned temperature.

    As Radford et al. 2021 (CLIP). Pairs whose queries mean the same are no negatives of each other; `same`
    tells them.
    """

    def __init__(self, temperature: float = 0.05) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(1 / temperature).log())

    def forward(self, queries: Tensor, codes: Tensor, same: Tensor, pairs: Tensor) -> Tensor:
        """The loss of unit vectors [batch, dimension].

        `same` is bool [batch, batch]; `pairs`, their numbers, are unused.
        """
        del pairs
        logits = (queries @ codes.T * self.log_scale.exp().clamp(max=100)).masked_fill(
            other_wordings(same), -torch.inf
        )
        labels = torch.arange(len(logits), device=logits.device)
        return (functional.cross_entropy(logits, labels) + functional.cross_entropy(logits.T, labels)) / 2


class IndividualTemperatureLoss(nn.Module):
    """iSogCLR (Qiu et al. 2023, arXiv 2305.11965): a temperature for every query and every code, learned with
    robust risk.

    Pairs with many near neighbours get a higher temperature. Follows the published algorithm without its
    constants' decay: `u` is a moving average of each anchor's mean exponential, the temperature falls along
    its own gradient.
    """

    temperatures: Tensor
    averages: Tensor

    def __init__(
        self, pairs: int, temperature: float = 0.05, rho: float = 8.0, gamma: float = 0.8, rate: float = 1e-2
    ) -> None:
        super().__init__()
        self.rho, self.gamma, self.rate = rho, gamma, rate
        self.least, self.most = temperature / 5, temperature * 2
        self.register_buffer("temperatures", torch.full((2, pairs), temperature))
        self.register_buffer("averages", torch.zeros(2, pairs))

    def forward(self, queries: Tensor, codes: Tensor, same: Tensor, pairs: Tensor) -> Tensor:
        """The loss; `pairs` (int64 [batch]) tells whose temperatures are used and updated."""
        similarities, same = queries @ codes.T, other_wordings(same)
        return (self._side(similarities, same, pairs, 0) + self._side(similarities.T, same.T, pairs, 1)) / 2

    def _side(self, similarities: Tensor, same: Tensor, pairs: Tensor, side: int) -> Tensor:
        temperatures = self.temperatures[side, pairs]
        differences = similarities - similarities.diagonal().unsqueeze(1)
        negatives = ~same & ~torch.eye(len(differences), dtype=torch.bool, device=differences.device)
        differences = differences.masked_fill(~negatives, 0)
        scaled = (differences.detach() / temperatures.unsqueeze(1)).clamp(max=50).exp() * negatives
        mean = scaled.sum(1) / negatives.sum(1).clamp(min=1)
        average = self.averages[side, pairs]
        average = torch.where(average == 0, mean, (1 - self.gamma) * average + self.gamma * mean).clamp(
            min=1e-8
        )
        weights = scaled / average.unsqueeze(1)
        slope = (
            average.log()
            + self.rho
            - (weights * differences.detach()).sum(1) / negatives.sum(1).clamp(min=1) / temperatures
        )
        with torch.no_grad():
            self.averages[side, pairs] = average
            self.temperatures[side, pairs] = (
                temperatures - self.rate * slope.clamp(-1, 1) * temperatures
            ).clamp(self.least, self.most)
        return ((weights * differences).sum(1) / negatives.sum(1).clamp(min=1)).mean() / temperatures.mean()


def other_wordings(same: Tensor) -> Tensor:
    """Where another pair asks the same, bool [batch, batch]: the diagonal is the pair itself."""
    return same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
