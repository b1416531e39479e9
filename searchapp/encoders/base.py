"""The protocol that every encoder follows, and what identifies one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from searchapp.errors import Unavailable

Vectors = NDArray[np.float32]


class EncoderError(Unavailable):
    """A model cannot be loaded, or encoding failed."""


@dataclass(frozen=True)
class EncoderSpec:
    """Everything needed to load an encoder again, kept beside the vectors that it made."""

    backend: str
    model: str
    url: str = ""
    device: str = "auto"
    max_tokens: int = 256

    def as_dict(self) -> dict[str, Any]:
        """The fields for storage as JSON."""
        return asdict(self)


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    identity: str
    """Names the function from text to vector: equal identities mean interchangeable vectors."""
    dimension: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 [len(texts), dimension], each row of unit length, in the order of `texts`.

        Raises EncoderError.
        """
        ...
