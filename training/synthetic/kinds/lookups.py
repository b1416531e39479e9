"""Questions for what one thing has: attributes, texts, and what its graph does not know."""

from kbqa.sparql.query import Edge
from kbqa.sparql.suggestions.example import Example
from training.synthetic.context import Context, Fact
from training.synthetic.domains import Attribute, Relation
from training.synthetic.phrases import (
    X,
    Y,
    cased,
    members_example,
    noun_of,
    paths_between,
    property_name,
    say,
)
from training.synthetic.wordings import wordings


def lookup(context: Context) -> Example | None:
    """What a member, or what a relation leads to from it, has as an attribute or a text."""
    prop = context.value_property()
    if not prop.values:
        return None
    texts = (*prop.definition.asked, *prop.definition.asked, *wordings("lookup"))
    text, name = context.pick(texts), property_name(context, prop)
    leading = [
        Fact(facts.relation, facts.predicate, *pair)
        for facts in context.graph.facts
        for pair in facts.pairs
        if pair[1] in prop.values
    ]
    if leading and context.chance(0.4):
        fact = context.pick(leading)
        described = context.pick(wordings("lookup", "over_relation")).format(
            p=noun_of(context, fact.relation), e=context.graph.names[fact.subject]
        )
        edges = (Edge(fact.subject, fact.predicate, X), Edge(X, prop.predicate, Y))
        return members_example(context, text.format(a=name, e=described), edges, Y)
    node = context.pick(list(prop.values))
    shown = text.format(a=name, e=context.graph.names[node])
    return members_example(context, shown, (Edge(node, prop.predicate, X),))


def unanswerable(context: Context) -> Example | None:
    """What this graph does not know of its members, though others of its domain do."""
    graph = context.graph
    if not graph.unknown:
        return None
    part = context.pick(graph.unknown)
    if part.source not in graph.members or (
        isinstance(part, Relation) and paths_between(context, part.source, part.target)
    ):
        return None
    node = context.pick(graph.members[part.source])
    questions = part.forward if isinstance(part, Relation) else part.asked
    texts = (*questions, f"what is the {part.names[0]} of {{e}}", f"{{e}}'s {part.names[0]}")
    if isinstance(part, Attribute) and context.chance(0.3):
        most = [word for word in part.most if not word.startswith(("with ", "born "))]
        texts = tuple(f"which {part.source} is the {word}" for word in most)
    return Example(cased(context, say(context, texts, node)), None) if texts else None
