"""The named graphs of a folder: how their triples are kept among all, what a change does to them, and FROM.

All triples stand without a graph, those of named graphs, too, so that queries see all of them; those that
also stand in a named graph *and* without one are marked. Imports nothing of ours, as `query_process` does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as rdf

OVERLAP = rdf.NamedNode("urn:searchapp:unnamed")
"""The graph of the triples that stand in a named graph and also without one, which no query sees."""
ALL = rdf.DefaultGraph()
"""The graph of all triples: those without a graph, and those of every named one."""


def named_graphs(store: rdf.Store) -> list[rdf.NamedNode | rdf.BlankNode]:
    """The graphs that a file or an update named."""
    return [name for name in store.named_graphs() if name != OVERLAP]


def asked_graphs(task: Mapping[str, Any], store: rdf.Store) -> tuple[rdf.Store, dict[str, Any]]:
    """What a query is asked of, and the graphs that it asks there, where it or the task names them."""
    if "default" in task:
        default, named = (list(map(rdf.NamedNode, task[name])) for name in ("default", "named"))
        if _have_in_common(store, default):
            return _merged(store, default, named), {"default_graph": [ALL], "named_graphs": named}
        return store, {"default_graph": default, "named_graphs": named}
    if task.get("has_dataset", True) or not store.contains_named_graph(OVERLAP):
        return store, {}
    return store, {"named_graphs": named_graphs(store)}


def _have_in_common(store: rdf.Store, names: Sequence[rdf.NamedNode]) -> bool:
    """Whether a triple stands in two of some graphs: the engine would count it for each."""
    return any(
        _in(quad, earlier) in store
        for place, name in enumerate(names)
        for quad in (store.quads_for_pattern(None, None, None, name) if place else ())
        for earlier in names[:place]
    )


def _merged(store: rdf.Store, default: Sequence[rdf.NamedNode], named: Sequence[rdf.NamedNode]) -> rdf.Store:
    """Some graphs merged into one, in which each triple stands once; beside it, those that stay named."""
    merged = rdf.Store()
    for name in default:
        merged.extend(_in(quad, ALL) for quad in store.quads_for_pattern(None, None, None, name))
    for name in named:
        merged.extend(store.quads_for_pattern(None, None, None, name))
    return merged


def keep_overlaps(store: rdf.Store, added: Sequence[rdf.Quad]) -> None:
    """Mark what a change adds without a graph to a folder that has named ones."""
    store.extend(_in(quad, OVERLAP) for quad in added if quad.graph_name == ALL)


def settle(store: rdf.Store, before: rdf.Store) -> None:
    """Make all triples again those without a graph and those of named graphs, after a change.

    A triple that was taken out of all leaves the graphs where it was; one that was taken out of its last
    graph leaves all, unless it stands there without one, too.
    """
    if not (named_graphs(store) or named_graphs(before)):
        store.remove_graph(OVERLAP)
        return
    _take_from_graphs(store, before)
    _add_to_all(store, before)
    _take_from_all(store, before)
    for quad in list(store.quads_for_pattern(None, None, None, OVERLAP)):
        if not _is_named(store, quad):
            store.remove(quad)
    for name in [*store.named_graphs()]:
        if next(store.quads_for_pattern(None, None, None, name), None) is None:
            store.remove_graph(name)


def _take_from_graphs(store: rdf.Store, before: rdf.Store) -> None:
    """Take what was taken out of all from the graphs where it was; where a change put it, it stays."""
    for quad in before.quads_for_pattern(None, None, None, ALL):
        if quad not in store:
            for gone in [each for each in _everywhere(store, quad) if each in before]:
                store.remove(gone)


def _add_to_all(store: rdf.Store, before: rdf.Store) -> None:
    """Add what is new in a graph to all, and remember what stood there without one already."""
    for quad in _of_graphs(store):
        if quad not in before:
            in_all = _in(quad, ALL)
            if in_all in before and in_all in store and not _is_named(before, quad):
                store.add(_in(quad, OVERLAP))
            store.add(in_all)


def _take_from_all(store: rdf.Store, before: rdf.Store) -> None:
    """Take what is in no graph any more from all, unless it stands there without one."""
    for quad in _of_graphs(before):
        if quad not in store and all(each.graph_name == ALL for each in _everywhere(store, quad)):
            store.remove(_in(quad, ALL))


def _everywhere(store: rdf.Store, quad: rdf.Quad) -> Iterator[rdf.Quad]:
    """A triple in each graph that has it."""
    return store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)


def _of_graphs(store: rdf.Store) -> Iterator[rdf.Quad]:
    """What stands in the graphs that a file or an update named."""
    for name in named_graphs(store):
        yield from store.quads_for_pattern(None, None, None, name)


def _is_named(store: rdf.Store, quad: rdf.Quad) -> bool:
    """Whether a triple stands in a graph that a file or an update named."""
    return any(each.graph_name not in (ALL, OVERLAP) for each in _everywhere(store, quad))


def _in(quad: rdf.Quad, graph: Any) -> rdf.Quad:
    """A triple in another graph."""
    return rdf.Quad(quad.subject, quad.predicate, quad.object, graph)
