"""What the encoder looked at in a unit: heavy nodes of its syntax tree, and what a question's words met."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesearch.encoding import CodeEncoder, NodeWeight, TokenEmbeddings, token_similarities
from codesearch.indexing.vectors import encoder_of, read_token_embeddings, serving_index
from codesearch.models import Unit, VectorIndex
from codesearch.parsing import CodeUnit, parse_file
from codesearch.parsing.dense_text import DenseText, dense_text, text_hash
from codesearch.retrieval.query import parse_query
from searchapp.encoders import EncoderError

_MAX_NODES = 12
_NODE_CHARACTERS = 200


@dataclass(frozen=True)
class LookedAt:
    """A node of the syntax tree."""

    kind: str
    """As the grammar names it."""
    text: str
    start_line: int
    end_line: int
    """In the file."""
    weight: float
    """Its share of the unit's vector."""


@dataclass(frozen=True)
class WordMet:
    """A word of a question, and the word of the unit that is most similar to it."""

    word: str
    share: float
    """How much of the question it is."""
    met: str
    line: int | None
    """In the file; None for a word of the unit's name or of documentation outside of the code."""
    nearness: float
    """Cosine of the two words times how important the model holds the second."""


@dataclass(frozen=True)
class Explanation:
    """Where the weights of a unit's nodes, which sum to 1, fall."""

    nodes: list[LookedAt]
    """The heaviest nodes of the code."""
    lines: dict[int, float]
    """By line of the file, those without weight left out."""
    apart: float
    """On the unit's name in words, and on documentation outside of the code."""


def structure_is_read() -> bool:
    """Whether the served encoder can be loaded and reads structure, so that there is something to explain."""
    index = serving_index()
    try:
        return index is not None and isinstance(encoder_of(index), CodeEncoder)
    except EncoderError:
        return False


def explain_unit(unit: Unit) -> Explanation | None:
    """What the served encoder looked at in a unit; None where it reads no structure, or the unit has none.

    Raises EncoderError.
    """
    encoder, _ = _served_encoder()
    parsed = _parsed(unit)
    if encoder is None or parsed is None:
        return None
    weights = encoder.node_weights(parsed)
    if weights is None:
        return None
    dense = dense_text(parsed)
    return _explanation(dense, weights, _lines_of_characters(parsed, dense, unit.file.blob.text))


def words_met(unit: Unit, raw: str) -> list[WordMet]:
    """What a query's words met in a unit, in their order; empty where there are no token embeddings.

    Raises QueryError and EncoderError.
    """
    question = parse_query(raw).text
    encoder, index = _served_encoder() if question else (None, None)
    if encoder is None or index is None:
        return []
    tokens = encoder.encode_question(question).token_embeddings
    if tokens is None:
        return []
    unit_tokens = read_token_embeddings(index, unit.text_hash) if unit.text_hash is not None else None
    parsed = _parsed(unit)
    if not unit_tokens or parsed is None:
        return []
    dense = dense_text(parsed)
    spans = encoder.token_spans(dense.text)
    similarities = token_similarities(tokens, unit_tokens)
    lines = _lines_of_characters(parsed, dense, unit.file.blob.text)
    met = []
    for word, positions in _words_of_tokens(question, encoder.token_spans(question)):
        token = _weightiest(positions, tokens, similarities)
        start, end = _whole_word(dense.text, spans[int(similarities[:, token].argmax())])
        met.append(
            WordMet(
                word,
                share=float(tokens.weights[positions].sum()),
                met=dense.text[start:end],
                line=int(lines[start - dense.code]) if start >= dense.code else None,
                nearness=float(similarities[:, token].max()),
            )
        )
    return met


def _served_encoder() -> tuple[CodeEncoder | None, VectorIndex | None]:
    """The served encoder if it reads structure, and the index of its vectors. Raises EncoderError."""
    index = serving_index()
    encoder = encoder_of(index) if index is not None else None
    return (encoder if isinstance(encoder, CodeEncoder) else None), index


def _weightiest(positions: list[int], tokens: TokenEmbeddings, similarities: NDArray[np.float32]) -> int:
    """The token that decides what a word met: the one of the greatest weight times similarity."""
    return max(positions, key=lambda token: tokens.weights[token] * similarities[:, token].max())


def _words_of_tokens(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, list[int]]]:
    """Words of a text, each with the positions of its tokens."""
    words: list[tuple[tuple[int, int], list[int]]] = []
    for token, span in enumerate(spans):
        whole = _whole_word(text, span)
        if words and words[-1][0] == whole:
            words[-1][1].append(token)
        else:
            words.append((whole, [token]))
    return [(text[start:end], tokens) for (start, end), tokens in words]


def _whole_word(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Span of the identifier or word around a part of it."""
    start, end = span
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return start, end


def _parsed(unit: Unit) -> CodeUnit | None:
    """The unit with its tree, by parsing its file again."""
    if unit.text_hash is None:
        return None
    units = parse_file(unit.path, unit.file.blob.text).units
    return next((parsed for parsed in units if text_hash(dense_text(parsed).text) == unit.text_hash), None)


def _explanation(dense: DenseText, weights: Sequence[NodeWeight], lines_of: NDArray[np.int32]) -> Explanation:
    # Blanks belong to no line that anyone reads.
    visible = np.array([not character.isspace() for character in dense.text[dense.code :]], dtype=bool)
    lines: dict[int, float] = defaultdict(float)
    nodes: list[LookedAt] = []
    apart = 0.0
    for node in sorted(weights, key=lambda node: -node.weight):
        if node.weight <= 0:
            break
        if node.end <= dense.code:
            apart += node.weight
            continue
        start = max(node.start, dense.code)
        span = slice(start - dense.code, node.end - dense.code)
        covered = lines_of[span][visible[span]]
        # A node's weight spreads over its characters, so that a long line of it gets more than a brace.
        for line, count in zip(*np.unique(covered, return_counts=True), strict=True):
            lines[int(line)] += node.weight * int(count) / len(covered)
        if len(nodes) < _MAX_NODES:
            text = dense.text[start : node.end][:_NODE_CHARACTERS]
            nodes.append(
                LookedAt(node.kind.strip("<>"), text, int(covered[0]), int(covered[-1]), node.weight)
            )
    return Explanation(nodes, dict(sorted(lines.items())), apart)


def _lines_of_characters(unit: CodeUnit, dense: DenseText, source: str) -> NDArray[np.int32]:
    """Line in the file of each character of the unit's code, int32 [characters].

    What joins its segments counts to the segment before.
    """
    encoded = source.encode("utf-8", errors="replace")
    code = dense.text[dense.code :]
    lines = np.zeros(max(1, len(code)), dtype=np.int32)
    position = 0
    for number, segment in enumerate(unit.segments):
        text = encoded[segment.start : segment.end].decode("utf-8", errors="replace")
        first = encoded.count(b"\n", 0, segment.start) + 1
        breaks = np.cumsum(np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) == ord("\n"))
        of_segment = first + np.concatenate([[0], breaks[:-1]]) if len(text) else np.array([first])
        end = min(position + len(text), len(lines))
        lines[position:end] = of_segment[: end - position]
        following = unit.segments[number + 1] if number + 1 < len(unit.segments) else None
        joint = following.offset - segment.offset - (segment.end - segment.start) if following else 0
        lines[end : end + joint] = of_segment[max(0, len(text.rstrip()) - 1)]
        position += len(text) + joint
    return lines
