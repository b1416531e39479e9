"""Questions for what one thing has: attributes, texts, and what its graph does not know."""

from kbqa.sparql.query import Edge
from kbqa.sparql.suggestions.example import Example
from training.synthetic.domains import Attribute, Relation, Text
from training.synthetic.graphs import Property
from training.synthetic.phrases import Context, X, Y, cased, make_example, noun_of, paths_between, say


def lookup(context: Context) -> Example | None:
    """What a member, or what a relation leads to from it, has as an attribute or a text."""
    everything: list[Property[Attribute] | Property[Text]] = [*context.graph.attributes, *context.graph.texts]
    prop = context.rng.choice(everything)
    if not prop.values:
        return None
    wordings = (
        *prop.definition.asked,
        *prop.definition.asked,
        "what is the {a} of {e}",
        "{e}'s {a}",
        "what is {e}'s {a}",
        "{a} of {e}",
        "tell me the {a} of {e}",
    )
    text, name = context.rng.choice(wordings), context.rng.choice((prop.name, *prop.definition.names))
    leading = [
        (relation, predicate, each)
        for relation, predicate, found in context.graph.edges
        for each in found
        if each[1] in prop.values
    ]
    if leading and context.rng.random() < 0.4:
        relation, predicate, (subject, _) = context.rng.choice(leading)
        described = context.rng.choice(("the {p} of {e}", "{e}'s {p}")).format(
            p=noun_of(context, relation), e=context.graph.names[subject]
        )
        return make_example(
            context,
            text.format(a=name, e=described),
            (Edge(subject, predicate, X), Edge(X, prop.predicate, Y)),
            Y,
        )
    node = context.rng.choice(list(prop.values))
    return make_example(
        context, text.format(a=name, e=context.graph.names[node]), (Edge(node, prop.predicate, X),)
    )


def unanswerable(context: Context) -> Example | None:
    """What this world does not know of its members, though others like it do."""
    if not context.graph.unknown:
        return None
    what = context.rng.choice(context.graph.unknown)
    if what.source not in context.graph.members or (
        isinstance(what, Relation) and paths_between(context, what.source, what.target)
    ):
        return None
    node = context.rng.choice(context.graph.members[what.source])
    wordings = what.forward if isinstance(what, Relation) else what.asked
    wordings = (*wordings, f"what is the {what.names[0]} of {{e}}", f"{{e}}'s {what.names[0]}")
    if isinstance(what, Attribute) and context.rng.random() < 0.3:
        wordings = tuple(
            f"which {what.source} is the {each}"
            for each in what.most
            if not each.startswith(("with ", "born "))
        )
    return Example(cased(context, say(context, wordings, node)), None) if wordings else None
