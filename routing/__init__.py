"""One question → which of the sources that a person may see can answer it: sources → profiles → features → model.

A small trained network of no hidden layer (a conditional logit) ranks repositories, graphs and databases by what is
in them, so a source is routed to as soon as it is served.
"""

from routing.ranking import Ranked, rank
from routing.scopes import Scope, ScopeError, split_scope
from routing.sources import CODE, DATABASE, GRAPH, RoutedSource, visible_sources

__all__ = [
    "CODE",
    "DATABASE",
    "GRAPH",
    "Ranked",
    "RoutedSource",
    "Scope",
    "ScopeError",
    "rank",
    "split_scope",
    "visible_sources",
]
