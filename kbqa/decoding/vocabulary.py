"""The words of one language's grammar: what a decoder has embeddings for, beside pointers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vocabulary:
    """Keywords and kinds of decisions, in the order of their embeddings; new ones go to the end."""

    keywords: tuple[str, ...]
    steps: tuple[str, ...]
    variables: int = 8
