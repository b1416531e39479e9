"""Terms as text, and back."""

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from kbqa.sparql.query import Term

_BEFORE_TERM = "<http://searchapp.example/s> <http://searchapp.example/p>"


def parse_node(text: str) -> NamedNode | BlankNode:
    """The node that an IRI, or `_:` and what the store calls a blank node, stands for. Raises ValueError."""
    return BlankNode(text.removeprefix("_:")) if text.startswith("_:") else NamedNode(text)


def parse_term(text: str) -> Term:
    """The IRI or literal that N-Triples write as `text`. Raises ValueError."""
    if text.startswith("<") and text.endswith(">"):
        return NamedNode(text[1:-1])
    try:
        term = next(iter(parse(f"{_BEFORE_TERM} {text} .", format=RdfFormat.N_TRIPLES))).object
    except SyntaxError as error:
        raise ValueError(f"{text!r} is neither an IRI in angle brackets nor a literal.") from error
    if not isinstance(term, NamedNode | Literal):
        raise ValueError(f"{text!r} is not a term that a question can mention.")
    return term
