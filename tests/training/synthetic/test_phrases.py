"""The parts that questions about synthetic graphs are made of, on a graph made by hand."""

import random
from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode

from kbqa.sparql.query import RDF_TYPE, Comparison, Edge
from tests.training.synthetic.library import AUTHOR, BINDING, GENRE, PAGES, answer, context, library, node
from training.synthetic.context import Context
from training.synthetic.domains import Relation
from training.synthetic.graphs import XSD, Facts, Property, SyntheticGraph
from training.synthetic.kinds.lists import asked_of_several
from training.synthetic.phrases import (
    X,
    cased,
    class_edges,
    clause_of,
    clauses_of,
    columns_for,
    condition_question,
    count_example,
    draw_condition,
    draw_group,
    draw_head,
    follows_name,
    head_group,
    members_example,
    name_of,
    noun_of,
    paths_between,
    possessive,
    related_group,
    relations_between,
    spoken_date,
    verb_of,
    with_article,
    with_class,
)
from training.synthetic.questions import questions_about
from training.synthetic.wordings import wordings

TITLED = Edge(X, RDF_TYPE, NamedNode("http://library.example/Book"))
BY_AUSTEN = Edge(X, node("author"), node("Austen"))


def drawn(make, seeds=60, **told):
    """All that is drawn of many contexts."""
    return [make(context(seed, **told)) for seed in range(seeds)]


# --- classes


def test_a_class_is_asked_for_where_the_graph_says_it():
    assert class_edges(context(), "book") == (TITLED,)
    assert class_edges(context(typed=False), "book") == ()


def test_a_class_is_added_where_others_are_described_alike():
    shared = context()
    assert with_class(shared, AUTHOR, (BY_AUSTEN,)) == (BY_AUSTEN,)
    shared.graph.facts.append(Facts(replace(AUTHOR, source="genre"), node("author"), []))
    assert with_class(shared, AUTHOR, (BY_AUSTEN,)) == (BY_AUSTEN, TITLED)
    of_text = Edge(X, node("binding"), Literal("hardback"))
    assert with_class(context(), AUTHOR, (of_text,)) == (of_text, TITLED), "a text may be said of anything"


# --- groups


@pytest.mark.parametrize("kind", ["book", "person"])
def test_a_group_is_there_in_the_graph(kind):
    """Each has members, or is left without words."""
    for seed in range(80):
        draws = context(seed)
        group = draw_group(draws, kind)
        assert bool(group.plural) == bool(group.edges)
        if group.edges:
            example = members_example(draws, group.plural, group.edges)
            assert answer(draws.graph, example.query) or len(group.edges) > 1


def test_without_relations_no_part_of_a_class_is_told():
    assert {draw_group(draws, "person", whole=False).edges for draws in map(context, range(30))} == {()}


def test_no_whole_class_is_drawn_where_a_part_is_wanted():
    groups = drawn(lambda draws: draw_group(draws, "book", whole=False))
    assert all(group.edges != (TITLED,) for group in groups)
    assert any(group.edges == (TITLED,) for group in drawn(lambda draws: draw_group(draws, "book")))


def test_a_word_tells_members_by_what_they_have():
    heads = drawn(lambda draws: draw_head(draws, "book"), 120)
    found = {(head.plural, head.singular, head.clause) for head in heads}
    assert ("novels", "novel", "are novels") in found
    assert ("paperback books", "paperback book", "are paperback") in found
    assert draw_head(context(), "person") is None


def test_a_word_that_is_a_text_needs_the_class():
    text = next(
        head for head in drawn(lambda draws: draw_head(draws, "book"), 120) if "paperback" in head.plural
    )
    assert head_group(context(), "book", text).edges == (TITLED, *text.edges)
    novel = next(
        head for head in drawn(lambda draws: draw_head(draws, "book"), 120) if head.plural == "novels"
    )
    assert head_group(context(), "book", novel) is novel


def test_members_are_told_by_a_relation_behind_their_name():
    whole = draw_group(context(), "person")
    assert whole.edges
    found = {
        related_group(draws, AUTHOR, node("Austen"), replace(whole, plural="books", singular="book")).plural
        for draws in map(context, range(80))
    }
    assert {"books by Austen", "books with author Austen", "books whose author is Austen"} <= found
    assert not any("{" in words for words in found)
    assert not any(words in ("books of Austen", "books in Austen") for words in found), (
        "people are not lived in"
    )


def test_clauses_are_what_is_said_of_members():
    relation = Relation("train", "town", ("stops at",), (), (), ("which trains stop at {e}", "trains to {e}"))
    assert clauses_of(relation) == ["stop at {e}"]


# --- words


@pytest.mark.parametrize(
    ("names", "nouns", "expected"),
    [
        (("author", "written by"), (), {"author"}),
        (("written by",), ("writer",), {"writer"}),
        (("born in", "has author"), (), {"person"}),
    ],
)
def test_a_noun_is_no_preposition(names, nouns, expected):
    relation = replace(AUTHOR, names=names, nouns=nouns)
    assert {noun_of(draws, relation) for draws in map(context, range(30))} == expected


def test_kinds_of_things_are_named_in_several_ways():
    found = {name_of(draws, node("novel")) for draws in map(context, range(80))}
    assert found == {"the novel", "novels", "novel"}
    assert {name_of(draws, node("Dune")) for draws in map(context, range(40))} == {"Dune"}


def test_a_possessive_says_whose_it_is():
    assert set(wordings("possessive", "after_of")) != set(wordings("possessive", "after_name"))
    found = {possessive(draws, AUTHOR, "Dune") for draws in map(context, range(60))}
    assert any("author" in words and "Dune" in words for words in found)
    assert not any("{" in words for words in found)


@pytest.mark.parametrize(
    ("noun", "expected"), [("author", "an author"), ("Island", "an Island"), ("book", "a book")]
)
def test_nouns_have_their_article(noun, expected):
    assert with_article(noun) == expected


@pytest.mark.parametrize(
    ("words", "clause"),
    [
        ("with more than 5 pages", "have more than 5 pages"),
        ("that came out in 1990", "came out in 1990"),
        ("costing more than 5", "cost more than 5"),
        ("published after 1990", "were published after 1990"),
        ("longer than 5", "are longer than 5"),
        ("over 5 metres tall", "are over 5 metres tall"),
        ("newest", None),
    ],
)
def test_conditions_become_clauses(words, clause):
    assert clause_of(words) == clause


@pytest.mark.parametrize(
    ("word", "follows", "verb"),
    [
        ("with the most pages", True, "has the most pages"),
        ("born first", True, "was born first"),
        ("living longest", True, "lives longest"),
        ("weighing the most", True, "weighs the most"),
        ("longest", False, "was longest"),
    ],
)
def test_words_for_the_most_stand_before_or_behind(word, follows, verb):
    assert follows_name(word) == follows
    if follows:
        assert verb_of(word) == verb


@pytest.mark.parametrize(
    ("asked", "several"),
    [
        ("who wrote {e}", "who wrote them"),
        ("where is {e} based", "where are they based"),
        ("what does {e} eat", "what do they eat"),
    ],
)
def test_a_question_is_asked_of_several(asked, several):
    assert asked_of_several(asked) == several


# --- conditions


@pytest.mark.parametrize(
    ("parts", "spoken"),
    [
        (("1990",), {"1990"}),
        (("1990", "05"), {"May 1990"}),
        (("1990", "05", "07"), {"7 May 1990", "May 7, 1990", "1990-05-07"}),
    ],
)
def test_dates_are_written_as_people_do(parts, spoken):
    assert {spoken_date(draws, parts) for draws in map(context, range(40))} == spoken


def test_a_condition_compares_with_what_it_says():
    for seed in range(40):
        draws = context(seed)
        words, condition = draw_condition(draws, draws.graph.attributes[0])
        first, _, number, _ = words.split()
        assert condition.comparison == {"longer": Comparison.GREATER, "shorter": Comparison.LESS}[first]
        assert condition.value == Literal(number, datatype=NamedNode(f"{XSD}integer"))
        assert PAGES.low <= int(number) <= PAGES.high


def test_a_date_is_asked_for_within_its_year_month_or_day():
    definition = replace(PAGES, dated=("published on",), within=("published in {n}",))
    value = Literal("1990-05-07", datatype=NamedNode(f"{XSD}date"))
    prop = Property(definition, node("published"), "published on", "date", {node("Dune"): value})
    equal = [
        words
        for words, condition in (draw_condition(draws, prop) for draws in map(context, range(200)))
        if condition.comparison == Comparison.EQUAL
    ]
    assert {"published in 1990", "published in May 1990", "published on 7 May 1990"} <= set(equal)
    assert not any(words.startswith("published in 7") for words in equal)


@pytest.mark.parametrize(
    ("kinds", "conditions", "possible"),
    [
        ("books", ("longer than 5",), "which books are longer than 5"),
        ("books", ("with over 5 pages",), "which books with over 5 pages"),
        ("books", ("with over 5 pages",), "which books have over 5 pages"),
        (
            "books",
            ("longer than 5", "shorter than 2"),
            "which books are either longer than 5 or shorter than 2",
        ),
        ("books that sell", ("longer than 5",), "which books that sell longer than 5"),
    ],
)
def test_conditions_are_asked_for(kinds, conditions, possible):
    found = {condition_question(draws, kinds, *conditions) for draws in map(context, range(200))}
    assert possible in found
    assert not any("are with" in text or "that sell are" in text for text in found)


# --- questions with queries


def test_questions_are_typed_in_many_ways():
    found = {cased(draws, "who wrote Dune") for draws in map(context, range(80))}
    assert {"who wrote Dune", "Who wrote Dune?", "who wrote dune ?"} <= found
    assert {text.rstrip(" ?").lower() for text in found} == {"who wrote dune"}


def test_a_question_for_members_shows_them_and_one_for_their_number_counts():
    draws = context()
    assert sorted(answer(draws.graph, members_example(draws, "x", (BY_AUSTEN,)).query)) == [
        ("Emma",),
        ("Persuasion",),
    ]
    assert answer(draws.graph, count_example(draws, "x", (BY_AUSTEN,)).query) == [("2",)]
    assert columns_for("how many books")[0].aggregate is not None
    assert columns_for("which books")[0].aggregate is None


# --- the graph


def test_relations_between_classes_are_found_both_ways():
    draws = context()
    assert (
        relations_between(draws, "person", "book") == relations_between(draws, "book", "person") == [AUTHOR]
    )
    assert relations_between(draws, "person", "genre") == []


def test_paths_are_of_one_relation_or_two():
    draws = context()
    born = Relation("person", "town", ("born in",), (), (), ())
    draws.graph.facts.append(Facts(born, node("born"), []))
    assert paths_between(draws, "book", "genre") == [(GENRE,)]
    assert paths_between(draws, "book", "town") == [(AUTHOR, born)]
    assert paths_between(draws, "genre", "town") == []


def test_facts_are_told_of_their_subject():
    draws = context()
    assert {(fact.relation, fact.target) for fact in draws.facts_from(node("Emma"))} == {
        (AUTHOR, node("Austen")),
        (GENRE, node("novel")),
    }
    assert draws.facts_from(node("Edda")) == []
    fact = next(fact for fact in draws.facts_from(node("Emma")) if fact.relation == AUTHOR)
    assert [facts.relation for facts in draws.relations_from(fact)] == [GENRE]
    fact = draws.facts_from(node("Persuasion"))[0]
    assert draws.relations_from(fact) == []


def test_draws_are_as_likely_as_is_said():
    draws = Context(library(), random.Random(0))
    assert sum(draws.chance(0.3) for _ in range(4000)) / 4000 == pytest.approx(0.3, abs=0.03)
    assert {draws.pick("abc") for _ in range(60)} == set("abc")
    assert {draws.value_property().definition for _ in range(60)} == {PAGES, BINDING}


def test_a_graph_finds_what_has_something():
    graph = library()
    assert set(graph.subjects(BY_AUSTEN)) == {node("Emma"), node("Persuasion")}
    assert graph.has(node("Emma"), node("author"))
    assert not graph.has(node("Edda"), node("author"))


@pytest.mark.parametrize("seed", range(6))
def test_a_synthetic_graph_holds_what_it_says(seed):
    graph = SyntheticGraph("library", seed)
    for facts in graph.facts:
        for subject, target in facts.pairs:
            assert subject != target
            assert graph.has(subject, facts.predicate)
            assert target in graph.names
    for attribute in graph.attributes:
        years = [int(value.value.split("-")[0].split(".")[0]) for value in attribute.values.values()]
        assert all(attribute.definition.low <= year <= attribute.definition.high for year in years)
    assert not set(graph.unknown) & {facts.relation for facts in graph.facts}
    texts = SyntheticGraph("library", seed, as_texts=False)
    assert all(isinstance(thing, NamedNode) for things in texts.objects.values() for thing in things)


def test_no_more_is_asked_than_there_are_turns():
    assert len(list(questions_about(SyntheticGraph("library", 3), 10))) <= 10
    assert list(questions_about(SyntheticGraph("library", 3), 0)) == []
