"""Questions made from a graph: queries over it, in words.

They teach what published sets are thin in (superlatives, comparisons, groups, negation, alternatives) on many
graphs, and make the example questions that a graph's page shows. In docstrings, C is a class, p and q are
properties, E and F what these lead to or leave, and n is a number.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Store

from kbqa.plurals import as_plural, is_plural
from kbqa.sparql.profile import ClassProfile, PredicateProfile, Profile
from kbqa.sparql.query import RDF_TYPE, Aggregate, Comparison, Edge, Having, Item, Query, Term, Variable
from kbqa.sparql.query import Filter as Condition
from kbqa.sparql.suggestions.example import Example
from kbqa.sparql.suggestions.graph_sample import GraphSample
from kbqa.sparql.suggestions.inflection import of_several

_X, _Y, _Z = Variable(0), Variable(1), Variable(2)
_XSD = "http://www.w3.org/2001/XMLSchema#"

Maker = Callable[[GraphSample], Example | None]


def make_examples(store: Store, profile: Profile, number: int, seed: int) -> Iterator[Example]:
    """Up to `number` examples; every kind of question gets its turn."""
    sample = GraphSample(store, profile, random.Random(seed))
    for turn in range(number):
        for attempt in range(6):
            example = MAKERS[(turn + attempt) % len(MAKERS)](sample)
            if example is not None:
                yield example
                break


def _pick(sample: GraphSample, *wordings: str, **parts: str) -> str:
    """One of the wordings with its parts filled in; every other one begins with a capital."""
    text = sample.rng.choice(wordings).format(**parts)
    return text[:1].upper() + text[1:] if sample.rng.random() < 0.5 else text


def _classes(sample: GraphSample, described: ClassProfile) -> str:
    """A class's name, mostly in the plural."""
    return as_plural(described.text) if sample.rng.random() < 0.8 else described.text


def _by_verb(sample: GraphSample) -> Example | None:
    """Things that call E; which C are born in E."""
    predicate = sample.predicate(verb=True)
    edge = predicate and sample.edge(predicate)
    name = edge and sample.name(edge[1])
    if not predicate or not edge or not name:
        return None
    described = sample.class_of(edge[0])
    edges = (Edge(_X, predicate.predicate, edge[1]),)
    if described and sample.rng.random() < 0.4:
        text = _pick(
            sample,
            "which {c} {p} {e}?",
            "what {c} {p} {e}?",
            c=as_plural(described.text),
            p=of_several(predicate.text),
            e=name,
        )
        return Example(text, Query((*edges, Edge(_X, RDF_TYPE, described.iri)), columns=(Item(_X),)))
    text = _pick(
        sample,
        "what {p} {e}?",
        "which ones {s} {e}?",
        "what {p} {e}",
        p=predicate.text,
        s=of_several(predicate.text),
        e=name,
    )
    return Example(text, Query(edges, columns=(Item(_X),)))


def _forward(sample: GraphSample) -> Example | None:
    """E's p."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    name = edge and sample.name(edge[0])
    if not predicate or not edge or not name:
        return None
    text = _pick(
        sample,
        "what is the {p} of {e}?",
        "{e}'s {p}",
        "what is {e}'s {p}?",
        "tell me the {p} of {e}",
        "{p} of {e}",
        "which {p} does {e} have?",
        "give the {p} for {e}",
        "who is the {p} of {e}?",
        "what {p} does {e} have",
        "find {e}'s {p}",
        p=predicate.text,
        e=name,
    )
    return Example(text, Query((Edge(edge[0], predicate.predicate, _X),), columns=(Item(_X),)))


def _backward(sample: GraphSample) -> Example | None:
    """Things, or C, with E as p."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    name = edge and sample.name(edge[1])
    if not predicate or not edge or not name:
        return None
    edges: tuple[Edge, ...] = (Edge(_X, predicate.predicate, edge[1]),)
    described = sample.class_of(edge[0])
    if described and sample.rng.random() < 0.8:
        text = _pick(
            sample,
            "which {c} have the {p} {e}?",
            "{c} whose {p} is {e}",
            "list the {c} with {p} {e}",
            "what {c} has {e} as {p}?",
            "{c} with {e} as {p}",
            "show all {c} where the {p} is {e}",
            "which {c} has {p} {e}",
            p=predicate.text,
            e=name,
            c=_classes(sample, described),
        )
        return Example(text, Query((*edges, Edge(_X, RDF_TYPE, described.iri)), columns=(Item(_X),)))
    text = _pick(
        sample,
        "whose {p} is {e}?",
        "what has {e} as its {p}?",
        "who has the {p} {e}",
        "what has the {p} {e}?",
        "{e} is the {p} of what?",
        "which have {p} {e}",
        p=predicate.text,
        e=name,
    )
    return Example(text, Query(edges, columns=(Item(_X),)))


def _two_hops(sample: GraphSample) -> Example | None:
    """The q of E's p."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    name = edge and sample.name(edge[0])
    onward = edge and sample.leaving(edge[1])
    if not predicate or not edge or not name or not onward:
        return None
    second, _ = sample.rng.choice(onward)
    text = _pick(
        sample,
        "what is the {q} of the {p} of {e}?",
        "what is the {q} of {e}'s {p}",
        "{q} of {e}'s {p}",
        "the {q} of the {p} of {e}",
        "{e}'s {p}'s {q}",
        "which {q} does the {p} of {e} have?",
        p=predicate.text,
        q=second.text,
        e=name,
    )
    edges = (Edge(edge[0], predicate.predicate, _X), Edge(_X, second.predicate, _Y))
    return Example(text, Query(edges, columns=(Item(_Y),)))


def _described_hop(sample: GraphSample) -> Example | None:
    """The q of the C whose p is E."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    name = edge and sample.name(edge[1])
    leaving = edge and [(other, end) for other, end in sample.leaving(edge[0]) if other != predicate]
    if not predicate or not edge or not name or not leaving:
        return None
    second, _ = sample.rng.choice(leaving)
    described = sample.class_of(edge[0])
    edges = [Edge(_X, predicate.predicate, edge[1]), Edge(_X, second.predicate, _Y)]
    if described:
        edges.insert(1, Edge(_X, RDF_TYPE, described.iri))
    text = _pick(
        sample,
        "what is the {q} of the {c} whose {p} is {e}?",
        "{q} of {c} with {p} {e}",
        "show the {q} of the {c} with {e} as {p}",
        "what are the {q} of {c} that have the {p} {e}?",
        p=predicate.text,
        q=second.text,
        e=name,
        c=_classes(sample, described) if described else "things",
    )
    return Example(text, Query(tuple(edges), columns=(Item(_Y),)))


def _count(sample: GraphSample) -> Example | None:
    """How many have E as p; how many p has E."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    if not predicate or not edge:
        return None
    if sample.rng.random() < 0.5:
        return _count_values(sample, predicate, edge[0])
    return _count_members(sample, predicate, edge)


def _count_values(sample: GraphSample, predicate: PredicateProfile, subject: Term) -> Example | None:
    """How many p has E."""
    name = sample.name(subject)
    if not name:
        return None
    text = _pick(
        sample,
        "how many {p} does {e} have?",
        "number of {p} of {e}",
        "count the {p} of {e}",
        "how many {p} are there for {e}?",
        p=as_plural(predicate.text),
        e=name,
    )
    edges = (Edge(subject, predicate.predicate, _X),)
    return Example(text, Query(edges, columns=(Item(_X, Aggregate.COUNT),)))


def _count_members(
    sample: GraphSample, predicate: PredicateProfile, edge: tuple[Term, Term]
) -> Example | None:
    """How many C have E as p."""
    name, described = sample.name(edge[1]), sample.class_of(edge[0])
    if not name or not described:
        return None
    text = _pick(
        sample,
        "how many {c} have the {p} {e}?",
        "number of {c} whose {p} is {e}",
        "count the {c} with {p} {e}",
        "how many {c} have {e} as {p}",
        p=predicate.text,
        e=name,
        c=as_plural(described.text),
    )
    edges = (Edge(_X, predicate.predicate, edge[1]), Edge(_X, RDF_TYPE, described.iri))
    return Example(text, Query(edges, columns=(Item(_X, Aggregate.COUNT),)))


def _whole_class(sample: GraphSample) -> Example | None:
    """All of a class, or their number."""
    if not sample.profile.classes:
        return None
    described = sample.rng.choice(sample.profile.classes)
    edges = (Edge(_X, RDF_TYPE, described.iri),)
    if sample.rng.random() < 0.5:
        text = _pick(
            sample,
            "how many {c} are there?",
            "count the {c}",
            "number of {c}",
            "what is the number of {c}?",
            c=as_plural(described.text),
        )
        return Example(text, Query(edges, columns=(Item(_X, Aggregate.COUNT),)))
    text = _pick(
        sample,
        "list all {c}",
        "which {c} are there?",
        "show the {c}",
        "all {c}",
        "what {c} exist",
        "give me every {c}",
        c=as_plural(described.text),
    )
    return Example(text, Query(edges, columns=(Item(_X),)))


def _whether(sample: GraphSample) -> Example | None:
    """Is F the p of E?"""
    predicate = sample.predicate()
    edge, other = (sample.edge(predicate), sample.edge(predicate)) if predicate else (None, None)
    if not predicate or not edge or not other:
        return None
    target = edge[1] if sample.rng.random() < 0.5 else other[1]
    name, answer = sample.name(edge[0]), sample.name(target)
    if not name or not answer:
        return None
    text = _pick(
        sample,
        "is {f} the {p} of {e}?",
        "does {e} have the {p} {f}?",
        "is the {p} of {e} {f}?",
        "is {f} {e}'s {p}",
        p=predicate.text,
        e=name,
        f=answer,
    )
    return Example(text, Query((Edge(edge[0], predicate.predicate, target),)))


def _property(
    sample: GraphSample, *, numeric: bool = False, named: bool = False
) -> tuple[ClassProfile, PredicateProfile, list[Term]] | None:
    """A class and a property of its members, with values of the property."""
    predicate = sample.predicate()
    edge = predicate and sample.edge(predicate)
    described = edge and sample.class_of(edge[0])
    if not predicate or not described:
        return None
    values = [target for _, target in sample.edges[predicate.predicate]]
    if numeric:
        values = list(sample.numbers(predicate))
    if named:
        values = [value for value in values[:40] if sample.name(value)]
    return (described, predicate, values) if values else None


def _compared(sample: GraphSample) -> Example | None:
    """C with p above n."""
    drawn = _property(sample, numeric=True)
    if not drawn:
        return None
    described, predicate, values = drawn
    value = sample.rng.choice(values)
    shown = _shown_number(value)
    number = Literal(shown, datatype=NamedNode(_XSD + ("decimal" if "." in shown else "integer")))
    if _is_counted(predicate):
        words, comparison = sample.rng.choice(_COUNT_COMPARISONS)
        wordings = (
            "{c} with {w} {n} {p}",
            "which {c} have {w} {n} {p}?",
            "list the {c} that have {w} {n} {p}",
            "{c} whose {p} are {w} {n}",
        )
    else:
        may_be_year = 1000 <= float(shown) <= 2100
        words, comparison = sample.rng.choice(_COMPARISONS + (_YEAR_COMPARISONS if may_be_year else ()))
        wordings = (
            "{c} with {p} {w} {n}",
            "which {c} have a {p} {w} {n}?",
            "{c} whose {p} is {w} {n}",
            "find {c} with a {p} {w} {n}",
        )
    text = _pick(sample, *wordings, c=as_plural(described.text), p=predicate.text, w=words, n=shown)
    columns, text = _maybe_counted(sample, described, text)
    edges = (Edge(_X, RDF_TYPE, described.iri), Edge(_X, predicate.predicate, _Y))
    return Example(text, Query(edges, (Condition(_Y, comparison, number),), columns=columns))


def _maybe_counted(sample: GraphSample, described: ClassProfile, text: str) -> tuple[tuple[Item, ...], str]:
    """The columns of a list of members, or of their number, and the question as it asks for these."""
    if sample.rng.random() < 0.25 and text.lower().startswith(as_plural(described.text).lower()):
        return (Item(_X, Aggregate.COUNT),), f"how many {text[:1].lower()}{text[1:]}"
    return (Item(_X),), text


_COMPARISONS = (
    ("more than", Comparison.GREATER),
    ("greater than", Comparison.GREATER),
    ("over", Comparison.GREATER),
    ("above", Comparison.GREATER),
    ("higher than", Comparison.GREATER),
    ("less than", Comparison.LESS),
    ("below", Comparison.LESS),
    ("under", Comparison.LESS),
    ("lower than", Comparison.LESS),
    ("smaller than", Comparison.LESS),
    ("at least", Comparison.AT_LEAST),
    ("at most", Comparison.AT_MOST),
    ("of", Comparison.EQUAL),
    ("equal to", Comparison.EQUAL),
    ("not", Comparison.UNEQUAL),
)

_YEAR_COMPARISONS = (("after", Comparison.GREATER), ("before", Comparison.LESS))
_COUNT_COMPARISONS = (
    ("more than", Comparison.GREATER),
    ("over", Comparison.GREATER),
    ("less than", Comparison.LESS),
    ("fewer than", Comparison.LESS),
    ("under", Comparison.LESS),
    ("at least", Comparison.AT_LEAST),
    ("at most", Comparison.AT_MOST),
)


def _is_counted(predicate: PredicateProfile) -> bool:
    """Whether a property's numbers count something: "most awards", but not "most height"."""
    return is_plural(predicate.text)


def _shown_number(value: Term) -> str:
    shown = f"{float(value.value):.2f}".rstrip("0").rstrip(".")
    return shown or "0"


def _superlative(sample: GraphSample) -> Example | None:
    """The C with the highest p."""
    drawn = _property(sample, numeric=True)
    if not drawn:
        return None
    described, predicate, _ = drawn
    descending = sample.rng.random() < 0.6
    word = sample.rng.choice(_superlatives(predicate, descending=descending))
    number = sample.rng.choice((1, 1, 1, 3, 5))
    text = _superlative_text(sample, described, predicate, word, number)
    edges = (Edge(_X, RDF_TYPE, described.iri), Edge(_X, predicate.predicate, _Y))
    query = Query(edges, columns=(Item(_X),), order=Item(_Y), descending=descending, limit=number)
    return Example(text, query)


def _superlatives(predicate: PredicateProfile, *, descending: bool) -> list[str]:
    """The words for the most or the least of a property."""
    is_counted = _is_counted(predicate)
    if descending:
        words = ["highest", "largest", "greatest", "maximum", "biggest"]
        return [*words, "most"] if is_counted else words
    words = ["lowest", "smallest", "minimum"]
    return [*words, "least", "fewest"] if is_counted else words


def _superlative_text(
    sample: GraphSample, described: ClassProfile, predicate: PredicateProfile, word: str, number: int
) -> str:
    """The question for the one member with the most of a property, or for several."""
    if number == 1:
        return _pick(
            sample,
            "which {c} has the {w} {p}?",
            "{c} with the {w} {p}",
            "what is the {c} with the {w} {p}?",
            "find the {c} that has the {w} {p}",
            c=described.text,
            w=word,
            p=predicate.text,
        )
    return _pick(
        sample,
        "the {n} {c} with the {w} {p}",
        "top {n} {c} by {w} {p}",
        "which {n} {c} have the {w} {p}?",
        c=as_plural(described.text),
        w=word,
        p=predicate.text,
        n=str(number),
    )


def _aggregate(sample: GraphSample) -> Example | None:
    """The mean p of all C."""
    drawn = _property(sample, numeric=True)
    if not drawn:
        return None
    described, predicate, _ = drawn
    words, aggregate = sample.rng.choice(
        (
            (("average", "mean"), Aggregate.AVG),
            (("total", "sum of the"), Aggregate.SUM),
            (("maximum", "highest", "largest"), Aggregate.MAX),
            (("minimum", "lowest"), Aggregate.MIN),
        )
    )
    text = _pick(
        sample,
        "what is the {w} {p} of all {c}?",
        "{w} {p} of the {c}",
        "{w} {p} of {c}",
        "the {w} {p} over all {c}",
        "show the {w} {p} of {c}",
        w=sample.rng.choice(words),
        p=predicate.text,
        c=as_plural(described.text),
    )
    edges = (Edge(_X, RDF_TYPE, described.iri), Edge(_X, predicate.predicate, _Y))
    return Example(text, Query(edges, columns=(Item(_Y, aggregate),)))


def _groups(sample: GraphSample) -> Example | None:
    """How many C for each p; the p with the most C; p with more than n C."""
    drawn = _property(sample)
    if not drawn:
        return None
    described, predicate, values = drawn
    edges = (Edge(_X, RDF_TYPE, described.iri), Edge(_X, predicate.predicate, _Y))
    parts = {"c": as_plural(described.text), "p": predicate.text}
    turn = sample.rng.random()
    if turn < 0.35:
        return _group_sizes(sample, edges, parts)
    if turn < 0.7:
        return _largest_group(sample, edges, parts)
    number = sample.rng.choice((1, 2, 3))
    if len(values) - len(set(values)) < number:
        return None
    return _groups_above(sample, edges, parts, number)


_MEMBERS = Item(_X, Aggregate.COUNT)
"""The number of a group's members."""


def _group_sizes(sample: GraphSample, edges: tuple[Edge, ...], parts: Mapping[str, str]) -> Example:
    """How many C for each p."""
    text = _pick(
        sample,
        "how many {c} are there for each {p}?",
        "number of {c} per {p}",
        "count the {c} by {p}",
        "for each {p}, how many {c} are there?",
        **parts,
    )
    return Example(text, Query(edges, columns=(Item(_Y), _MEMBERS)))


def _largest_group(sample: GraphSample, edges: tuple[Edge, ...], parts: Mapping[str, str]) -> Example:
    """The p with the most C, or with the fewest."""
    descending = sample.rng.random() < 0.7
    text = _pick(
        sample,
        "which {p} has the {w} {c}?",
        "{p} with the {w} {c}",
        "what is the {p} with the {w} {c}",
        "the {p} that has the {w} {c}",
        w="most" if descending else "fewest",
        **parts,
    )
    return Example(text, Query(edges, columns=(Item(_Y),), order=_MEMBERS, descending=descending, limit=1))


def _groups_above(
    sample: GraphSample, edges: tuple[Edge, ...], parts: Mapping[str, str], number: int
) -> Example:
    """The p with more than n C."""
    text = _pick(
        sample,
        "which {p} have more than {n} {c}?",
        "{p} with more than {n} {c}",
        "find {p} that have over {n} {c}",
        n=str(number),
        **parts,
    )
    limit = Literal(str(number), datatype=NamedNode(f"{_XSD}integer"))
    return Example(
        text, Query(edges, columns=(Item(_Y),), having=Having(_MEMBERS, Comparison.GREATER, limit))
    )


def _combined(sample: GraphSample) -> Example | None:
    """C with p E and q F; C with p E or F."""
    drawn = _property(sample, named=True)
    if not drawn:
        return None
    described, predicate, values = drawn
    if sample.rng.random() < 0.4:
        return _one_or_other(sample, described, predicate, values)
    return _one_and_other(sample, described, predicate)


def _one_or_other(
    sample: GraphSample, described: ClassProfile, predicate: PredicateProfile, values: Sequence[Term]
) -> Example | None:
    """C with p E or F."""
    pair = list(dict.fromkeys(sample.rng.choices(values, k=2)))
    if len(pair) < 2:
        return None
    first, second = (str(sample.name(value)) for value in pair)
    text = _pick(
        sample,
        "{c} with {p} {e} or {f}",
        "which {c} have the {p} {e} or {f}?",
        "{c} whose {p} is {e} or {f}",
        c=as_plural(described.text),
        p=predicate.text,
        e=first,
        f=second,
    )
    edges = (Edge(_X, predicate.predicate, pair[0], (pair[1],)), Edge(_X, RDF_TYPE, described.iri))
    return Example(text, Query(edges, columns=(Item(_X),)))


def _one_and_other(
    sample: GraphSample, described: ClassProfile, predicate: PredicateProfile
) -> Example | None:
    """C with p E and q F."""
    edge = sample.edge(predicate)
    leaving = sample.leaving(edge[0]) if edge else []
    further = [(other, end) for other, end in leaving if other != predicate and sample.name(end)]
    name = edge and sample.name(edge[1])
    if not edge or not further or not name:
        return None
    other, target = sample.rng.choice(further)
    text = _pick(
        sample,
        "{c} with {p} {e} and {q} {f}",
        "which {c} have the {p} {e} and the {q} {f}?",
        "{c} whose {p} is {e} and whose {q} is {f}",
        c=as_plural(described.text),
        p=predicate.text,
        e=name,
        q=other.text,
        f=str(sample.name(target)),
    )
    edges = (
        Edge(_X, predicate.predicate, edge[1]),
        Edge(_X, RDF_TYPE, described.iri),
        Edge(_X, other.predicate, target),
    )
    return Example(text, Query(edges, columns=(Item(_X),)))


def _without(sample: GraphSample) -> Example | None:
    """C without a p, or without E as p."""
    drawn = _property(sample, named=True)
    if not drawn:
        return None
    described, predicate, values = drawn
    members = Edge(_X, RDF_TYPE, described.iri)
    if sample.rng.random() < 0.5:
        text = _pick(
            sample,
            "{c} without a {p}",
            "which {c} have no {p}?",
            "{c} that do not have a {p}",
            "{c} with no {p}",
            c=as_plural(described.text),
            p=predicate.text,
        )
        query = Query((members,), negations=((Edge(_X, predicate.predicate, _Y),),), columns=(Item(_X),))
    else:
        value = sample.rng.choice(values)
        text = _pick(
            sample,
            "{c} whose {p} is not {e}",
            "which {c} do not have the {p} {e}?",
            "{c} that do not have {e} as {p}",
            c=as_plural(described.text),
            p=predicate.text,
            e=str(sample.name(value)),
        )
        query = Query((members,), negations=((Edge(_X, predicate.predicate, value),),), columns=(Item(_X),))
    return Example(text, query)


def _listed(sample: GraphSample) -> Example | None:
    """The p (and q) of all C, perhaps sorted."""
    drawn = _property(sample)
    if not drawn:
        return None
    described, predicate, _ = drawn
    edge = sample.edge(predicate)
    leaving = sample.leaving(edge[0]) if edge else []
    further = [other for other, _ in leaving if other != predicate]
    members = Edge(_X, RDF_TYPE, described.iri)
    if further and sample.rng.random() < 0.5:
        other = sample.rng.choice(further)
        text = _pick(
            sample,
            "{p} and {q} of all {c}",
            "show the {p} and the {q} of each {c}",
            "list {c} with their {p} and {q}",
            c=as_plural(described.text),
            p=predicate.text,
            q=other.text,
        )
        edges = (members, Edge(_X, predicate.predicate, _Y), Edge(_X, other.predicate, _Z))
        return Example(text, Query(edges, columns=(Item(_Y), Item(_Z))))
    text = _pick(
        sample,
        "{p} of all {c}",
        "what are the {p} of the {c}?",
        "list the {p} of every {c}",
        "show the {p} of {c}",
        c=as_plural(described.text),
        p=predicate.text,
    )
    return Example(text, Query((members, Edge(_X, predicate.predicate, _Y)), columns=(Item(_Y),)))


MAKERS: tuple[Maker, ...] = (
    _forward,
    _by_verb,
    _backward,
    _two_hops,
    _described_hop,
    _count,
    _whole_class,
    _whether,
    _compared,
    _superlative,
    _aggregate,
    _groups,
    _combined,
    _without,
    _listed,
)
