"""Items in batches of about as many tokens, whatever they are trained for."""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar


class HasTokens(Protocol):
    """An item that says how many tokens are read of it."""

    @property
    def tokens(self) -> int:
        """How many tokens are read."""
        ...


T = TypeVar("T", bound=HasTokens)


def token_batches(items: Sequence[T], most: int, rng: random.Random) -> list[list[T]]:
    """Batches of at most so many tokens, or of one item, each of similar lengths, in an order by chance."""
    order = sorted(items, key=lambda item: item.tokens * rng.uniform(0.8, 1.25))
    groups, filled = [list[T]()], 0
    for item in order:
        if filled + item.tokens > most and groups[-1]:
            groups.append([])
            filled = 0
        groups[-1].append(item)
        filled += item.tokens
    rng.shuffle(groups)
    return groups
