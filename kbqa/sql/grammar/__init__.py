"""The grammar of SQL as states: what may follow in a query that is not finished.

A query is written clause by clause: items, joined tables, conditions, groups, order, and a second query where
two are united, intersected or excepted. A condition may hold a query of its own, which is written in its
place. Whatever a state offers can be written down; tables that no key connects are never offered together.

`offers` says what may come next, `following` what comes of a choice.
"""

from kbqa.sql.grammar.legal_actions import open_keys
from kbqa.sql.grammar.prefix import VOCABULARY, LinkedQuestion
from kbqa.sql.grammar.state import SqlState, start

__all__ = ["VOCABULARY", "LinkedQuestion", "SqlState", "open_keys", "start"]
