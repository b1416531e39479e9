"""The grammar of SQL as a transition system: what may follow in a query that is not finished.

A query is written clause by clause: items, joined tables, conditions, groups, order, and a second query where
two are united, intersected or excepted. A condition may hold a query of its own, which is written in its
place. Whatever is legal can be written down; tables that no key connects are never legal together.

`legal_actions` say what may come next, `transitions` what comes of an action.
"""

from kbqa.sql.grammar.actions import VOCABULARY
from kbqa.sql.grammar.legal_actions import open_keys
from kbqa.sql.grammar.prefix import LinkedQuestion
from kbqa.sql.grammar.state import SqlState, start

__all__ = ["VOCABULARY", "LinkedQuestion", "SqlState", "open_keys", "start"]
