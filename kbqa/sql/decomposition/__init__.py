"""Questions that are put together of simpler ones: what the simpler ones ask, and how their readings combine.

DIN-SQL (Pourreza and Rafiei 2023) decomposes a question before it is written as SQL; here the parts are
questions that the network reads as it reads any other, and an operator makes one query of their readings
(QDMR, Wolfson et al. 2020). One module an operator; the first that understands a question takes it.
"""

from kbqa.sql.decomposition.across_groups import across_groups
from kbqa.sql.decomposition.base import Whole
from kbqa.sql.decomposition.first_of_each import first_of_each
from kbqa.sql.decomposition.side_by_side import side_by_side
from kbqa.sql.decomposition.two_compared import two_compared
from kbqa.sql.grammar import LinkedQuestion

__all__ = ["Whole", "decomposed"]

_OPERATORS = (two_compared, across_groups, side_by_side, first_of_each)


def decomposed(question: str, linked: LinkedQuestion) -> Whole | None:
    """The simpler questions that a question is put together of; None for one that is simple."""
    return next((whole for operator in _OPERATORS if (whole := operator(question, linked))), None)
