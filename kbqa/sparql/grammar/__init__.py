"""The grammar of SPARQL as states: FORM → HEAD → RELATION → TAIL → CONTINUE as in SPARKLE (section 3), and
what follows.

A query grows edge by edge. A *head* is an entity, a class or a variable; a *relation* leaves it, forwards or
backwards; a *tail* is a new variable, or something that the question mentions. Parts of their own are what
must not be there, alternatives, and what may be missing. Then come columns, order and limit. `offers` says
what may come next, `following` what comes of a choice; whatever is offered can be written down, and `checks`
ask the graph which of it still has an answer.
"""

from kbqa.sparql.grammar.prefix import VOCABULARY, LinkedQuestion, term_of
from kbqa.sparql.grammar.state import SparqlState, start

__all__ = ["VOCABULARY", "LinkedQuestion", "SparqlState", "start", "term_of"]
