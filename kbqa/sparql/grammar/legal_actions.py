"""The legal actions of each step, as far as the grammar decides."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pyoxigraph import Literal

from kbqa.decoding.actions import Action, Keyword, VariablePointer
from kbqa.sparql.dates import DATE_TYPES, dated_value, is_dated
from kbqa.sparql.grammar.actions import (
    MAX_VARIABLES,
    ClassPointer,
    EntityPointer,
    ForwardPointer,
    NumberPointer,
    RelationPointer,
    Step,
    ValuePointer,
    Word,
    term_of,
)
from kbqa.sparql.grammar.prefix import MAX_BRANCHES, MAX_COLUMNS, Part, Prefix, has_nothing
from kbqa.sparql.query import RDF_TYPE, Aggregate, Branch, Comparison, Edge, Item, Query, Term, Variable

_MAX_LIMIT = 1_000
_ORDERED = (Comparison.LESS, Comparison.GREATER, Comparison.AT_MOST, Comparison.AT_LEAST)


def _legal_heads(state: Prefix) -> Sequence[Action]:
    if state.failed:
        return [Keyword(Word.END)]
    if state.group:
        return _GROUP_HEADS[state.group](state)
    query = state.query
    if has_nothing(query):
        return _first_heads(state)
    legal: list[Action] = [Keyword(Word.END)]
    if query.optionals:
        return [*legal, *_optional(state)]
    if _may_have_alternatives(query):
        legal.append(Keyword(Word.OR))
    variables = state.variables() if state.has_room else []
    if variables:
        legal += variables
        legal += [] if query.negations else [Keyword(Word.NOT)]
        has_parts = query.negations or query.filters or query.branches or state.asks
        legal += [] if has_parts else [Keyword(Word.EITHER)]
    return [*legal, *_optional(state)]


def _first_heads(state: Prefix) -> list[Action]:
    begin = _beginnings(state)
    if state.asks:
        return begin
    # Where there must be an answer the nearest query is looked for, and that is no choice between several.
    either = [Keyword(Word.EITHER)] if begin else []
    return [Keyword(Word.ASK), *begin, *([Keyword(Word.NONE), *either] if state.allow_no_answer else [])]


def _beginnings(state: Prefix) -> list[Action]:
    return [*state.linked.entities, *state.linked.classes, *state.linked.values]


def _optional(state: Prefix) -> list[Action]:
    has_variable = state.certain() and len(state.introduced) < MAX_VARIABLES
    return [Keyword(Word.OPTIONAL)] if state.has_room and not state.asks and has_variable else []


def _may_have_alternatives(query: Query) -> bool:
    """Whether the last edge may lead to one thing or another."""
    has_parts = query.filters or query.negations or query.branches
    return not has_parts and constant_end(query.edges[-1]) is not None


def _legal_negated(state: Prefix) -> Sequence[Action]:
    if not state.query.negations[-1]:
        return state.variables()
    inner = [variable for variable in state.variables() if variable.key >= state.opened]
    return [Keyword(Word.CLOSE), *(inner if state.has_room else [])]


def _legal_either(state: Prefix) -> Sequence[Action]:
    """The heads of an alternative.

    It begins as a query does, where nothing is common to all; each is another one, and they share a variable.
    """
    query = state.query
    *earlier, branch = query.branches
    is_empty, legal = branch == Branch(), list[Action]()
    if not is_empty and branch not in earlier:
        legal += [Keyword(Word.OR)] if len(query.branches) < MAX_BRANCHES and state.has_room else []
        legal += [Keyword(Word.CLOSE)] if earlier and state.shared() else []
    if state.has_room or not legal:
        legal += _beginnings(state) if is_empty and not query.edges else []
        legal += state.variables()
    return legal


_GROUP_HEADS: dict[Word, Callable[[Prefix], Sequence[Action]]] = {
    Word.NOT: _legal_negated,
    Word.EITHER: _legal_either,
    Word.OPTIONAL: Prefix.certain,
}


def _legal_relations(state: Prefix) -> Sequence[Action]:
    head, graph = state.head, state.linked.graph
    assert head is not None
    of_schema = graph.relations_of_schema(state.linked.schema)
    if not isinstance(head, VariablePointer):
        alike = graph.relations_of_its_kind(term_of(head)) if state.may_fail else ()
        return tuple(dict.fromkeys((*graph.relations_of(term_of(head)), *of_schema, *alike)))
    introduced_by = state.introduced[head.key]
    legal = list[Action]((*graph.relations_after(introduced_by), *of_schema))
    if not isinstance(introduced_by, ClassPointer) and state.group != Word.OPTIONAL:
        legal += state.linked.classes
        legal += [] if state.group == Word.NOT else map(Keyword, Comparison)
    return legal


def _legal_tails(state: Prefix) -> Sequence[Action]:
    assert state.relation is not None
    relation, head, linked = state.relation, state.head, state.linked
    may_introduce = len(state.introduced) < MAX_VARIABLES and not followed(state, relation)
    legal: list[Action] = [Keyword(Word.NEW)] if may_introduce else []
    if state.group == Word.OPTIONAL:
        return legal
    variables = [variable for variable in state.certain() if variable != head]
    if state.group == Word.EITHER and not isinstance(head, VariablePointer):
        return [*legal, *variables]  # between two constants there is nothing to find
    legal += linked.entities
    if isinstance(relation, ForwardPointer):
        legal += [value for value in linked.values if value.key[0] == relation.key]
    legal += variables
    if state.asks and isinstance(relation, ForwardPointer):
        legal += linked.numbers
    return legal


def followed(state: Prefix, relation: RelationPointer) -> bool:
    """Whether the relation was followed from the same head to a variable before.

    Once more says nothing, and multiplies the solutions.
    """
    assert state.head is not None
    head = state.node(state.head)
    ends = [
        (edge.subject, edge.object) if isinstance(relation, ForwardPointer) else (edge.object, edge.subject)
        for edge in state.joined()
        if edge.predicate == relation.key
    ]
    return state.group != Word.NOT and any(one == head and isinstance(other, Variable) for one, other in ends)


def legal_alternatives(state: Prefix) -> Sequence[EntityPointer | ValuePointer]:
    """The other ends that the last edge may have."""
    edge = state.query.edges[-1]
    used = {constant_end(edge), *edge.alternatives}
    same = [value for value in state.linked.values if value.key[0] == edge.predicate]
    mentioned: Sequence[EntityPointer | ValuePointer] = (*state.linked.entities, *same)
    return [action for action in mentioned if term_of(action) not in used]


def legal_values(state: Prefix) -> Sequence[Action]:
    """The values that the chosen head, or a group, may be compared with."""
    linked, comparison = state.linked, state.comparison
    if state.part == Part.HAVING:
        return linked.numbers
    head = state.head_variable()
    by = state.introduced[head.index]
    values = [value for value in linked.values if value.key[0] == by.key]
    if comparison == Comparison.CONTAINS:
        return [*values, *linked.numbers]
    numbers = _fitting(linked.numbers, linked.graph.range_of(by.key), comparison)
    if comparison == Comparison.UNEQUAL:
        return [*numbers, *values, *linked.entities]
    is_object = any(edge.object == head for edge in state.query.edges)
    has_mean = comparison in _ORDERED and not state.group and is_object and isinstance(by, ForwardPointer)
    average = [Keyword(Word.AVERAGE)] if has_mean and linked.graph.has_numbers(by.key) else []
    return [*numbers, *values, *average]


def _fitting(
    numbers: Sequence[NumberPointer], datatype: str, comparison: Comparison | None
) -> list[NumberPointer]:
    """The numbers and dates of a question as what a property has."""
    if datatype in DATE_TYPES:
        dated = [(number, dated_value(number.key.value, datatype, comparison)) for number in numbers]
        return [replace(number, key=value) for number, value in dated if value is not None]
    return [
        replace(number, key=Literal(number.key.value)) if is_dated(number.key.value) else number
        for number in numbers
    ]


def _legal_columns(state: Prefix) -> Sequence[Action]:
    query, legal = state.query, list[Action]()
    if len(query.columns) < MAX_COLUMNS and not query.having:
        chosen = {item.variable for item in query.columns if not item.aggregate}
        # What may be missing says nothing alone.
        variables = state.variables() if query.columns else state.certain()
        legal += [variable for variable in variables if Variable(variable.key) not in chosen]
        legal += _aggregates(state)
    if query.columns:
        sortable = _legal_order(replace(state, part=Part.ORDER))
        legal += map(Keyword, (Word.STOP, Word.ASC, Word.DESC) if sortable else (Word.STOP,))
        has_group = any(not item.aggregate for item in query.columns)
        legal += [Keyword(Word.HAVING)] if not query.having and state.linked.numbers and has_group else []
    return legal


def _aggregates(state: Prefix) -> list[Keyword]:
    """The aggregates that there is something for."""
    return [Keyword(name) for name in Aggregate if _legal_aggregated(replace(state, aggregate=name))]


def _legal_aggregated(state: Prefix) -> Sequence[Action]:
    """The operands of an aggregate: no column is written twice; what may be missing can only be counted."""
    whole = [Keyword(Word.ALL)] if state.aggregate == Aggregate.COUNT else []
    columns = state.query.columns if state.part == Part.COLUMN else ()
    counts = state.aggregate in (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)
    variables = state.variables() if counts else state.certain()
    return [action for action in (*whole, *variables) if aggregated_item(state, action) not in columns]


def _legal_comparisons(state: Prefix) -> Sequence[Action]:
    return [Keyword(comparison) for comparison in Comparison if comparison != Comparison.CONTAINS]


def _legal_order(state: Prefix) -> Sequence[Action]:
    query = state.query
    grouped = any(item.aggregate for item in query.columns) or query.having
    if state.part == Part.HAVING:
        return _aggregates(state)
    variables = [
        variable for variable in state.variables() if not grouped or Variable(variable.key) in query.grouped
    ]
    without = state.part == Part.ORDER and not query.grouped and grouped
    return [*variables, *([] if without else _aggregates(state))]


def _legal_limits(state: Prefix) -> Sequence[Action]:
    counts = [
        number
        for number in state.linked.numbers
        if number.key.value.isdecimal() and 0 < int(number.key.value) <= _MAX_LIMIT
    ]
    return [Keyword(Word.ONE), Keyword(Word.UNLIMITED), *counts]


def aggregated_item(state: Prefix, action: Action) -> Item:
    """A column, or what is sorted by, of what an aggregate is of: a variable, or whole solutions."""
    variable = Variable(action.key) if isinstance(action, VariablePointer) else None
    return Item(variable, state.aggregate)


def constant_end(edge: Edge) -> Term | None:
    """The end of an edge that is no variable, if the other one is."""
    if edge.predicate == RDF_TYPE:
        return None
    constants = [end for end in (edge.subject, edge.object) if not isinstance(end, Variable)]
    return constants[0] if len(constants) == 1 else None


LEGAL_ACTIONS: dict[Step, Callable[[Prefix], Sequence[Action]]] = {
    Step.HEAD: _legal_heads,
    Step.RELATION: _legal_relations,
    Step.TAIL: _legal_tails,
    Step.OR: legal_alternatives,
    Step.VALUE: legal_values,
    Step.COLUMN: _legal_columns,
    Step.OF: _legal_aggregated,
    Step.COMPARE: _legal_comparisons,
    Step.ORDER: _legal_order,
    Step.LIMIT: _legal_limits,
}
