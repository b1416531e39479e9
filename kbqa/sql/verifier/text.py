"""A question and a reading of it as one text, in tokens. Training and inference both feed these."""

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

MAX_OF_QUESTION, MAX_OF_WORDS, MAX_OF_FINDINGS = 64, 96, 20
"""How many tokens are read of the question, of the reading in words, and of what it found."""


def pair_of(tokenizer: Tokenizer, question: str, words: str, findings: str) -> NDArray[np.int64]:
    """The tokens int64 [l] of a question, a reading in words, and what it found."""
    encodings = tokenizer.encode_batch([question, words, findings], add_special_tokens=False)
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = [begin]
    for encoding, most in zip(encodings, (MAX_OF_QUESTION, MAX_OF_WORDS, MAX_OF_FINDINGS), strict=True):
        ids += [*encoding.ids[:most], end]
    return np.array(ids, dtype=np.int64)
