"""Questions about synthetic graphs: what is asked of them in many words, with the query that answers it."""

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml

from kbqa.sparql.stores import OxigraphStore
from kbqa.sparql.suggestions.example import Example
from training.graph_answers import has_answer
from training.synthetic.context import Context
from training.synthetic.graphs import SyntheticGraph
from training.synthetic.kinds import (
    alternatives,
    attributes,
    counts,
    groups,
    implicit,
    lists,
    lookups,
    members,
    negations,
    paths,
    yes_or_no,
)

Maker = Callable[[Context], Example | None]
"""Makes one question of a kind; None where the graph has none, or a draw led nowhere."""

KINDS: Mapping[str, Maker] = {
    "chain": paths.chain,
    "single_relation": paths.single_relation,
    "over_subject": paths.over_subject,
    "relation_of_group": paths.relation_of_group,
    "lookup": lookups.lookup,
    "unanswerable": lookups.unanswerable,
    "implicit_relation": implicit.implicit_relation,
    "implicit_lookup": implicit.implicit_lookup,
    "superlative": attributes.superlative,
    "named_superlative": attributes.named_superlative,
    "comparison": attributes.comparison,
    "aggregate": attributes.aggregate,
    "flag": attributes.flag,
    "count": counts.count,
    "most_related": counts.most_related,
    "count_threshold": counts.count_threshold,
    "count_from_zero": counts.count_from_zero,
    "group_by_object": groups.group_by_object,
    "group_by_text": groups.group_by_text,
    "group_members": members.group_members,
    "with_text": members.with_text,
    "two_relations": members.two_relations,
    "two_objects": members.two_objects,
    "existence": members.existence,
    "two_conditions": members.two_conditions,
    "list_with_values": lists.list_with_values,
    "optional_value": lists.optional_value,
    "either_object": alternatives.either_object,
    "alternatives": alternatives.alternatives,
    "without_relation": negations.without_relation,
    "yes_or_no": yes_or_no.yes_or_no,
}
"""The kinds of questions by the names that `question_turns.yaml` uses."""


def read_turns() -> tuple[str, ...]:
    """Kinds in the order of their turns. Raises ValueError for a name that is no kind."""
    stored = yaml.safe_load((Path(__file__).parent / "question_turns.yaml").read_text(encoding="utf-8"))
    if unknown := sorted(set(stored["turns"]) - set(KINDS)):
        raise ValueError(f"question_turns.yaml names no kind of question: {', '.join(unknown)}.")
    return tuple(stored["turns"])


TURNS = read_turns()


def questions_about(graph: SyntheticGraph, turns: int) -> Iterator[Example]:
    """At most one example a turn: its query has an answer in the graph, or there is none."""
    context, store = Context(graph, random.Random(graph.base)), OxigraphStore(graph.store, "")
    for turn in range(turns):
        example = KINDS[TURNS[turn % len(TURNS)]](context)
        if example is not None and (example.query is None or has_answer(example.query, store)):
            yield example
