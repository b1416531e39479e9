"""The grammar of SPARQL as a transition system: HEAD → RELATION → TAIL → CONTINUE as in SPARKLE (section 3).

A query grows edge by edge. A *head* is an entity, a class or a variable; a *relation* leaves it, forwards or
backwards; a *tail* is a new variable, or something that the question mentions. Parts of their own are what
must not be there, alternatives, and what may be missing. Then come columns, order and limit. `legal_actions`
say what may come next, `transitions` what comes of an action; whatever is legal can be written down, and
`checks` ask the graph which of it still has an answer.
"""

from kbqa.sparql.grammar.actions import VOCABULARY, term_of
from kbqa.sparql.grammar.prefix import LinkedQuestion
from kbqa.sparql.grammar.state import SparqlState, start

__all__ = ["VOCABULARY", "LinkedQuestion", "SparqlState", "start", "term_of"]
