"""Questions for members of a class, each with what it has of something, if it has it."""

from collections.abc import Sequence

from pyoxigraph import NamedNode

from kbqa.sparql.query import Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context
from training.synthetic.delexicalisation import numbered
from training.synthetic.phrases import X, Y, draw_group, make_example, noun_of, property_name
from training.synthetic.wordings import wordings

Column = tuple[str, str, NamedNode]
"""A class, what its members have in words, and the property that says it."""


def list_with_values(context: Context) -> Example | None:
    """Members of a class or a group, each with what it has of something."""
    if context.chance(0.5):
        fact = context.fact()
        nouns = (noun_of(context, fact.relation), numbered(noun_of(context, fact.relation), plural=True))
        kind, words, predicate = fact.relation.source, context.pick(nouns), fact.predicate
    else:
        kind, words, predicate = _value_column(context)
    group = draw_group(context, kind)
    if not group.edges or group.uses(predicate):
        return None
    texts = [text for text in wordings("list_with_values") if group.singular or "{one}" not in text]
    text = context.pick(texts).format(c=group.plural, one=group.singular, p=words)
    edges = (*group.edges, Edge(X, predicate, Y))
    return make_example(context, text, Query(edges, columns=(Item(X), Item(Y))))


def _value_column(context: Context) -> Column:
    prop = context.value_property()
    return prop.definition.source, property_name(context, prop), prop.predicate


def optional_value(context: Context) -> Example | None:
    """Members of a class or a group, each with what it has of something, if it has it."""
    if not context.graph.typed:
        return None
    questions: Sequence[str] = ()
    if context.chance(0.5):
        fact = context.fact()
        kind, words, predicate = fact.relation.source, noun_of(context, fact.relation), fact.predicate
        questions = [asked_of_several(text) for text in fact.relation.forward]
    else:
        kind, words, predicate = _value_column(context)
    group = draw_group(context, kind)
    if not group.edges or group.uses(predicate):
        return None
    text = context.pick(wordings("optional_value")).format(c=group.plural, p=words)
    if questions and context.chance(0.3):
        text = context.pick(wordings("optional_value", "asked")).format(
            c=group.plural, q=context.pick(questions)
        )
    columns, edge = (Item(X), Item(Y)), Edge(X, predicate, Y)
    return make_example(context, text, Query(group.edges, columns=columns, optionals=(edge,)))


def asked_of_several(text: str) -> str:
    """A question from a subject, asked of several that were named before.

    >>> asked_of_several("where was {e} born")
    'where were they born'
    """
    for alone, together in (("was", "were"), ("is", "are"), ("did", "did"), ("does", "do")):
        text = text.replace(f"{alone} {{e}}", f"{together} they")
    return text.format(e="them")
