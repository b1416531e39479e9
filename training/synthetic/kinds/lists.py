"""Questions for members of a class, each with what it has of something, if it has it."""

from kbqa.sparql.query import Edge, Item, Query
from kbqa.sparql.suggestions.example import Example
from training.synthetic.delexicalisation import numbered
from training.synthetic.domains import Attribute, Text
from training.synthetic.graphs import Property
from training.synthetic.phrases import Context, X, Y, cased, draw_edge, draw_group, noun_of

_WITH_THEIR = (
    "list the {c} with their {p}", "list all {c} and their {p}", "show the {c} and their {p}",
    "{c} and their {p}", "give me each {one} and its {p}", "which {c} are there and what is their {p}",
    "what is the {p} of each {one}", "show every {one} together with the {p}", "{p} of all {c}",
    "for each {one}, the {p}", "list the name and {p} of each {one}", "{c} with their {p}",
    "what are the {c} and their {p}",
)  # fmt: skip
_WHERE_KNOWN = (
    "list all {c} and their {p}, if known", "all {c} with their {p} where there is one",
    "show the {c} and their {p}, even where it is missing", "{c} and, if they have one, their {p}",
    "list the {c} with their {p}, also those without one", "all {c}, and the {p} of those that have one",
    "{c} and their {p} (if any)", "which {c} are there, and what is their {p} if it is known",
    "show all {c} and optionally their {p}", "give me the {c} including those without {p}, and their {p}",
    "list the {c} and, if known, their {p}", "{c} and {p} if available", "all {c}, with {p} if there is one",
    "show {c} and {p} when they have one", "what are the {c} and, where it is known, their {p}",
    "every one of the {c} together with any {p}", "list {c} with {p}, if any",
)  # fmt: skip
_IF_ASKED = (
    "list the {c} and, if known, {q}",
    "all {c} and {q}, if known",
    "show the {c} and {q}, if that is known",
    "{c}, and {q} where there is one",
)


def list_with_values(context: Context) -> Example | None:
    """Members of a class or a group, each with what it has of something."""
    if context.rng.random() < 0.5:
        relation, predicate, _ = draw_edge(context)
        kind, what = (
            relation.source,
            context.rng.choice(
                (noun_of(context, relation), numbered(noun_of(context, relation), plural=True))
            ),
        )
    else:
        everything: list[Property[Attribute] | Property[Text]] = [
            *context.graph.attributes,
            *context.graph.texts,
        ]
        prop = context.rng.choice(everything)
        kind, what, predicate = (
            prop.definition.source,
            context.rng.choice((prop.name, *prop.definition.names)),
            prop.predicate,
        )
    group = draw_group(context, kind)
    if not group.edges or any(edge.predicate == predicate for edge in group.edges):
        return None
    wordings = [each for each in _WITH_THEIR if group.singular or "{one}" not in each]
    text = context.rng.choice(wordings).format(c=group.plural, one=group.singular, p=what)
    return Example(
        cased(context, text), Query((*group.edges, Edge(X, predicate, Y)), columns=(Item(X), Item(Y)))
    )


def optional_value(context: Context) -> Example | None:
    """All members of a class, or of a group, each with what it has of something, if it has it."""
    if not context.graph.typed:
        return None
    if context.rng.random() < 0.5:
        relation, predicate, _ = draw_edge(context)
        kind, what = relation.source, noun_of(context, relation)
        asked = [_of_them(each) for each in relation.forward]
    else:
        everything: list[Property[Attribute] | Property[Text]] = [
            *context.graph.attributes,
            *context.graph.texts,
        ]
        prop = context.rng.choice(everything)
        kind, what, predicate = (
            prop.definition.source,
            context.rng.choice((prop.name, *prop.definition.names)),
            prop.predicate,
        )
        asked = []
    group = draw_group(context, kind)
    kinds, edges = group.plural, group.edges
    if not edges or any(edge.predicate == predicate for edge in edges):
        return None
    text = context.rng.choice(_WHERE_KNOWN).format(c=kinds, p=what)
    if asked and context.rng.random() < 0.3:
        text = context.rng.choice(_IF_ASKED).format(c=kinds, q=context.rng.choice(asked))
    return Example(
        cased(context, text), Query(edges, columns=(Item(X), Item(Y)), optionals=(Edge(X, predicate, Y),))
    )


def _of_them(wording: str) -> str:
    """Return what is asked from a subject, asked of several named before: where was {e} born → where were
    they born.
    """
    for alone, together in (("was", "were"), ("is", "are"), ("did", "did"), ("does", "do")):
        wording = wording.replace(f"{alone} {{e}}", f"{together} they")
    return wording.format(e="them")
