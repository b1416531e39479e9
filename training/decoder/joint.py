"""Joint states of prepared items: the cross-encoder stays as it is, and reads each text once."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import django
import numpy as np
from tqdm import tqdm

from training.decoder.dataset import Item, JointStates, JointText

_AT_ONCE, _PROCESSES = 64, 2


def read_jointly(items: Sequence[Item]) -> list[Item]:
    """The items; what the bundled cross-encoder made of each text stands in its place."""
    chunks = [items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE)]
    # Forked, the processes would share locks that OpenVINO holds.
    with (
        ProcessPoolExecutor(_PROCESSES, get_context("spawn"), initializer=django.setup) as pool,
        tqdm(total=len(items), desc="Reading jointly", unit="question", mininterval=5) as bar,
    ):
        read: list[Item] = []
        texts = ([item.text for item in chunk] for chunk in chunks)
        for chunk, states in zip(chunks, pool.map(_states, texts), strict=True):
            read += [replace(item, text=None, joint=one) for item, one in zip(chunk, states, strict=True)]
            bar.update(len(chunk))
    return read


def _states(texts: Sequence[JointText | None]) -> list[JointStates | None]:
    from kbqa.sql.public import load_cross_encoder

    cross_encoder, read = load_cross_encoder(), list[JointStates | None]()
    for one in texts:
        if one is None:
            read.append(None)
            continue
        question, nodes = (states.astype(np.float16) for states in cross_encoder.states(one.text))
        read.append(JointStates(question, nodes, one.pointers))
    return read
