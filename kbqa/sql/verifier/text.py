"""A question and a reading of it as one text, in tokens. Training and inference both feed these."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from kbqa.sql.answer.reading import Reading

MAX_OF_QUESTION, MAX_OF_WORDS, MAX_OF_FINDINGS = 64, 96, 20
"""How many tokens are read of the question, of the reading in words, and of what it found."""
_MAX_CELLS, _MAX_CELL_LENGTH = 3, 30


def pair_of(tokenizer: Tokenizer, question: str, words: str, findings: str) -> NDArray[np.int64]:
    """The tokens int64 [l] of a question, a reading in words, and what it found."""
    encodings = tokenizer.encode_batch([question, words, findings], add_special_tokens=False)
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = [begin]
    for encoding, most in zip(encodings, (MAX_OF_QUESTION, MAX_OF_WORDS, MAX_OF_FINDINGS), strict=True):
        ids += [*encoding.ids[:most], end]
    return np.array(ids, dtype=np.int64)


def findings_of(reading: Reading) -> str:
    """What a reading found, in a few words: how many rows and columns, and the first row.

    Empty for one that did not run.
    """
    if reading.result is None:
        return ""
    if reading.empty:
        return "nothing"
    rows, columns = len(reading.result.rows), len(reading.result.columns)
    more = "+" if reading.result.truncated else ""
    return f"{rows}{more} rows, {columns} columns: {_shown(reading.result.rows[0])}"


def _shown(row: Sequence[object]) -> str:
    return ", ".join(str(value)[:_MAX_CELL_LENGTH] for value in row[:_MAX_CELLS])
