"""One question → the sources that can answer it, likeliest first: sources → profiles → features → model.

A conditional logit ranks the repositories, graphs and databases that a person may see by what is in them:
a source is routed to as soon as it is served.
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
