"""Examples on a graph → the items that a decoder is trained on."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator

from tokenizers import Tokenizer

from kbqa.decoding.features import TextTable
from kbqa.sparql.answer.entity_linking import link_question
from kbqa.sparql.grammar import VOCABULARY
from kbqa.sparql.grammar.live_graph import LiveGraph
from kbqa.sparql.models import GraphVersion
from kbqa.sparql.suggestions.example import Example
from training.decoder.dataset import Item, make_item
from training.sparql.oracle import NotWritableError, decisions


def prepare(
    examples: Iterable[Example],
    version: GraphVersion,
    graph: LiveGraph,
    tokenizer: Tokenizer,
    table: TextTable,
    rng: random.Random,
    left_out: "Counter[str]",
) -> Iterator[Item]:
    """An item for each example that the grammar can write with what was found in the question.

    The others are counted by reason in `left_out`.
    """
    for example in examples:
        linked = link_question(example.question, version, graph)
        try:
            gold = decisions(example.query, linked)
        except NotWritableError as error:
            left_out[str(error).split(" ")[-1]] += 1
            continue
        yield make_item(example.question, gold, linked.candidates, VOCABULARY, tokenizer, table, rng)
