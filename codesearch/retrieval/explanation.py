"""What the encoder looked at in a unit: the nodes of its syntax tree that pooling kept, and what a question's
words met.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from codesearch.gnn_coder.encoder import CodeEncoder, NodeWeights
from codesearch.gnn_coder.graph import SyntaxGraph, syntax_graph
from codesearch.gnn_coder.late_interaction import nearness
from codesearch.indexing.vectors import encoder_of, read_pieces, serving_index
from codesearch.models import Unit
from codesearch.parsing import CodeUnit, parse_file
from codesearch.parsing.dense_text import DenseText, dense_text, text_hash
from codesearch.retrieval.query import parse_query
from searchapp.encoders import EncoderError

_MAX_NODES = 12
_NODE_CHARACTERS = 200


@dataclass(frozen=True)
class LookedAt:
    """A node of the tree: its kind as the grammar names it, its source, its lines in the file, its share of
    the vector.
    """

    kind: str
    text: str
    start_line: int
    end_line: int
    weight: float


@dataclass(frozen=True)
class WordMet:
    """A word of a question, how much of the question it is, and the word of the unit that is nearest to it.

    `line` is the file's, None for a word of the unit's name or of documentation outside of the code.
    `nearness` is the cosine of the two words times how important the model holds the second.
    """

    word: str
    share: float
    met: str
    line: int | None
    nearness: float


@dataclass(frozen=True)
class Explanation:
    """The heaviest nodes, and the weight that falls on each line of the file (lines that got none are left
    out).

    All weights of a unit sum to 1; those of its name in words and of documentation outside of the code are
    `apart`.
    """

    nodes: list[LookedAt]
    lines: dict[int, float]
    apart: float


def structure_is_read() -> bool:
    """Tell whether the served encoder reads structure, so that there is something to explain; one that cannot
    be loaded reads nothing.
    """
    index = serving_index()
    try:
        return index is not None and isinstance(encoder_of(index), CodeEncoder)
    except EncoderError:
        return False


def explain_unit(unit: Unit) -> Explanation | None:
    """Return what the served encoder looked at in a unit; None where it reads no structure, or the unit has
    none.

    Raises EncoderError.
    """
    index = serving_index()
    encoder = encoder_of(index) if index is not None else None
    parsed = _parsed(unit)
    if not isinstance(encoder, CodeEncoder) or parsed is None:
        return None
    dense = dense_text(parsed)
    graph = syntax_graph(parsed, dense)
    if graph is None:
        return None
    return _explanation(parsed, dense, graph, encoder.explain(dense.text, graph), unit.file.blob.text)


def words_met(unit: Unit, asked: str) -> list[WordMet]:
    """Return what a query's words met in a unit, in their order; empty where the served encoder keeps no
    pieces.

    Raises QueryError and EncoderError.
    """
    question = parse_query(asked).text
    index = serving_index() if question else None
    encoder = encoder_of(index) if index is not None else None
    if index is None or not isinstance(encoder, CodeEncoder) or encoder.pieces is None:
        return []
    of_question, kept, parsed = (
        encoder.encode_question(question).pieces,
        read_pieces(index, unit.text_hash),
        _parsed(unit),
    )
    if of_question is None or not kept or parsed is None:
        return []
    near, weights = nearness(of_question, kept), of_question.weights
    dense = dense_text(parsed)
    spans = encoder.pieces.spans(dense.text)
    lines = _lines_of_characters(parsed, dense, unit.file.blob.text)
    found = []
    for word, pieces in _words_of_pieces(question, encoder.pieces.spans(question)):
        # A word of several pieces met what its weightiest meeting says.
        piece = max(pieces, key=lambda each: weights[each] * near[:, each].max())
        start, end = _whole_word(dense.text, spans[int(near[:, piece].argmax())])
        line = int(lines[start - dense.code]) if start >= dense.code else None
        found.append(
            WordMet(
                word, float(weights[pieces].sum()), dense.text[start:end], line, float(near[:, piece].max())
            )
        )
    return found


def _words_of_pieces(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, list[int]]]:
    """Return the words of a text with the pieces that each consists of."""
    words: list[tuple[tuple[int, int], list[int]]] = []
    for piece, span in enumerate(spans):
        whole = _whole_word(text, span)
        if words and words[-1][0] == whole:
            words[-1][1].append(piece)
        else:
            words.append((whole, [piece]))
    return [(text[start:end], pieces) for (start, end), pieces in words]


def _whole_word(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span of the identifier or word around a part of it."""
    start, end = span
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return start, end


def _parsed(unit: Unit) -> CodeUnit | None:
    """Return the unit with its tree, by parsing its file again."""
    units = parse_file(unit.path, unit.file.blob.text).units
    return next((each for each in units if text_hash(dense_text(each).text) == unit.text_hash), None)


def _explanation(
    unit: CodeUnit, dense: DenseText, graph: SyntaxGraph, weights: NodeWeights, source: str
) -> Explanation:
    # Blanks belong to no line that anyone reads.
    visible = np.array([not character.isspace() for character in dense.text[dense.code :]], dtype=bool)
    lines_of = _lines_of_characters(unit, dense, source)
    lines: dict[int, float] = defaultdict(float)
    nodes: list[LookedAt] = []
    apart = 0.0
    for node in np.argsort(-weights, kind="stable"):
        weight, start, end = float(weights[node]), int(graph.starts[node]), int(graph.ends[node])
        if weight <= 0:
            break
        if end <= dense.code:
            apart += weight
            continue
        span = slice(max(start, dense.code) - dense.code, end - dense.code)
        covered = lines_of[span][visible[span]]
        # A node's weight spreads over its characters, so that a long line of it gets more than a brace.
        for line, count in zip(*np.unique(covered, return_counts=True), strict=True):
            lines[int(line)] += weight * int(count) / len(covered)
        if len(nodes) < _MAX_NODES:
            text = dense.text[max(start, dense.code) : end][:_NODE_CHARACTERS]
            nodes.append(
                LookedAt(graph.inner_kinds[node].strip("<>"), text, int(covered[0]), int(covered[-1]), weight)
            )
    return Explanation(nodes, dict(sorted(lines.items())), apart)


def _lines_of_characters(
    unit: CodeUnit, dense: DenseText, source: str
) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """Return the file's line of each character of the unit's code; what joins its pieces counts to the piece
    before.
    """
    encoded = source.encode("utf-8", errors="replace")
    code = dense.text[dense.code :]
    lines = np.zeros(max(1, len(code)), dtype=np.int32)
    position = 0
    for number, segment in enumerate(unit.segments):
        piece = encoded[segment.start : segment.end].decode("utf-8", errors="replace")
        first = encoded.count(b"\n", 0, segment.start) + 1
        breaks = np.cumsum(np.frombuffer(piece.encode("utf-32-le"), dtype=np.uint32) == ord("\n"))
        of_piece = first + np.concatenate([[0], breaks[:-1]]) if len(piece) else np.array([first])
        end = min(position + len(piece), len(lines))
        lines[position:end] = of_piece[: end - position]
        following = unit.segments[number + 1] if number + 1 < len(unit.segments) else None
        joint = following.offset - segment.offset - (segment.end - segment.start) if following else 0
        lines[end : end + joint] = of_piece[max(0, len(piece.rstrip()) - 1)]
        position += len(piece) + joint
    return lines
