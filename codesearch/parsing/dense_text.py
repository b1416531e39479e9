"""A unit → the text that is encoded."""

import uuid
from dataclasses import dataclass
from hashlib import blake2b

from codesearch.parsing.base import CodeUnit
from codesearch.parsing.words import identifier_parts

# An encoder reads a few hundred tokens; more text than this never reaches it.
_MAX_CHARACTERS = 2400


@dataclass(frozen=True, slots=True)
class DenseText:
    """What the encoder sees of a unit: its name in words, documentation and code; cut at its end.

    `documentation` and `code` are the characters at which these parts start; equal if there is no
    documentation.
    """

    text: str
    documentation: int
    code: int


def dense_text(unit: CodeUnit) -> DenseText:
    """Text of a unit as an encoder reads it."""
    title = " ".join(identifier_parts(unit.qualified_name)[-12:]) + "\n"
    # Documentation inside the unit (a docstring) is part of the code already.
    apart = unit.documentation and unit.documentation[:40] not in unit.code
    documentation = f"{unit.documentation[:800]}\n" if apart else ""
    code = len(title) + len(documentation)
    return DenseText(f"{title}{documentation}{unit.code}"[:_MAX_CHARACTERS], len(title), code)


def text_hash(text: str) -> uuid.UUID:
    """Identity of a text that is encoded (BLAKE2b, 128 bits)."""
    return uuid.UUID(bytes=blake2b(text.encode("utf-8", errors="replace"), digest_size=16).digest())
