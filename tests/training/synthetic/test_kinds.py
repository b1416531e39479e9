"""What questions mean: on a graph made by hand, the query of each finds what the question asks for."""

from collections import defaultdict

import numpy as np
import pytest

from kbqa.sparql.query import query_text
from tests.training.synthetic.library import BOOKS, answer, context
from training.synthetic.kinds import (
    alternatives,
    attributes,
    counts,
    groups,
    implicit,
    lists,
    lookups,
    members,
    negations,
    paths,
    yes_or_no,
)
from training.synthetic.questions import KINDS

PAGES = {book: int(said["pages"]) for book, said in BOOKS.items()}


def meant(question):
    """The books that a question is about, by its words: the paperback books whose author is Austen."""
    words = {"binding": ("paperback", "hardback"), "genre": ("novel",), "author": ("austen", "herbert")}
    found = set(BOOKS)
    for part, values in words.items():
        for value in values:
            if value in question:
                found = {book for book in found if BOOKS[book].get(part, "").lower() == value}
    return found


def asked(make, seeds=150, *, typed=True):
    """What is asked, in lower case without marks, with what the queries of each question find."""
    found = defaultdict(list)
    for seed in range(seeds):
        draws = context(seed, typed=typed)
        example = make(draws)
        if example is not None:
            question = example.question.lower().rstrip(" ?")
            found[question].append(None if example.query is None else answer(draws.graph, example.query))
    assert found, "nothing is asked"
    return {question: answers[0] for question, answers in found.items() if _agree(question, answers)}


def _agree(question, answers):
    distinct = {str(sorted(one) if isinstance(one, list) else one) for one in answers}
    assert len(distinct) == 1, f"{question}: {distinct}"
    return True


def one(rows):
    """The one value of the one row."""
    ((value,),) = rows
    return value


def column(rows):
    return sorted(row[0] for row in rows)


def test_single_relations_are_followed_both_ways():
    found = asked(paths.single_relation)
    assert found["who wrote dune"] == [("Herbert",)]
    assert column(found["which books did austen write"]) == ["Emma", "Persuasion"]
    assert column(found["books of the genre novel"]) == ["Dune", "Emma"]


def test_values_are_looked_up():
    found = asked(lookups.lookup)
    assert found["how many pages does edda have"] == [("100",)]
    assert found["in which binding did emma come out"] == [("hardback",)]


def test_nothing_is_unanswerable_where_all_is_known():
    assert all(lookups.unanswerable(context(seed)) is None for seed in range(20))


def test_superlatives_find_the_member_with_the_most_or_least():
    found = asked(attributes.superlative)
    assert found["which book is the longest"] == [("Emma",)]
    assert found["the shortest book"] == [("Edda",)]
    for question, rows in found.items():
        order = sorted(meant(question), key=PAGES.__getitem__, reverse="longest" in question)
        number = 3 if "three" in question or "3" in question else 1
        assert [row[0] for row in rows] == order[:number], question


def test_named_superlatives_go_by_the_attributes_name():
    found = asked(attributes.named_superlative)
    assert found["which book has the highest pages"] == [("Emma",)]
    for question, rows in found.items():
        most = any(word in question for word in ("highest", "largest", "greatest", "most"))
        order = sorted(meant(question), key=PAGES.__getitem__, reverse=most)
        assert [row[0] for row in rows] == order[:1], question


def test_comparisons_are_with_the_number_that_is_said():
    for question, rows in asked(attributes.comparison).items():
        words = question.split()
        number = int(words[words.index("than") + 1])
        longer = {book for book in meant(question) if PAGES[book] > number}
        shorter = {book for book in meant(question) if PAGES[book] < number}
        expected = longer if "longer" in words else shorter
        if question.startswith("how many"):
            assert one(rows) == str(len(expected)), question
        else:
            assert column(rows) == sorted(expected), question


def test_aggregates_are_of_the_numbers_of_all_that_are_meant():
    found, seen = asked(attributes.aggregate, 400), set()
    functions = {
        "average": np.mean,
        "mean": np.mean,
        "total": np.sum,
        "sum": np.sum,
        "highest": max,
        "lowest": min,
    }
    functions |= {"together": np.sum}
    for question, rows in found.items():
        word = next(word for word in functions if word in question)
        numbers = [PAGES[book] for book in meant(question)]
        if numbers:
            assert float(one(rows)) == functions[word](numbers), question
            seen.add(word)
    assert seen == set(functions)


def test_flags_are_asked_of_one_and_of_all():
    found = asked(attributes.flag)
    assert found["does emma have pictures"] is True
    assert found["does dune have pictures"] is False
    assert found["which books have pictures"] == [("Emma",)]
    assert found["which books have no pictures"] == [("Dune",)], "not those of which nothing is said"


def test_counts_are_of_classes_and_of_relations():
    found = asked(counts.count, 300)
    assert one(found["how many books are there"]) == "4"
    assert one(found["how many people are there"]) == "3"
    assert one(found["how many books did austen write"]) == "2"
    assert one(found["how many authors does emma have"]) == "1"


def test_the_most_related_has_the_most():
    found = asked(counts.most_related, 300)
    assert found["which person has the most books"] == [("Austen",)]
    assert found["which person has the fewest books"] == [("Herbert",)]
    assert not found["which people have more than 2 books"]


def test_thresholds_are_as_the_words_say():
    found = asked(counts.count_threshold, 300)
    exactly = [
        rows
        for question, rows in found.items()
        if question.startswith(("which books have exactly one author", "which books have exactly 1 author"))
    ]
    assert exactly
    assert all(column(rows) == ["Dune", "Emma", "Persuasion"] for rows in exactly)
    several = [rows for question, rows in found.items() if question.startswith("books with several authors")]
    assert all(rows == [] for rows in several)


def test_counts_from_zero_show_those_with_none():
    found = asked(counts.count_from_zero, 200)
    rows = found["count the books of each person, those without books too"]
    assert sorted(rows) == [("Austen", "2"), ("Herbert", "1"), ("Homer", "0")]
    rows = found["number of authors for every book, also where there are none"]
    assert dict(rows)["Edda"] == "0"


def test_groups_are_counted_and_averaged():
    found = asked(groups.group_by_object, 400)
    assert sorted(found["number of books per person"]) == [("Austen", "2"), ("Herbert", "1")]
    assert sorted((name, float(mean)) for name, mean in found["average pages of books per person"]) == [
        ("Austen", 362.0),
        ("Herbert", 412.0),
    ]
    assert found["the person whose books have the highest average pages"] == [("Herbert",)]
    by_text = asked(groups.group_by_text, 300)
    assert sorted(by_text["number of books per binding"]) == [("hardback", "1"), ("paperback", "2")]
    assert by_text["which binding do most books have"] == [("paperback",)]


def test_members_have_two_relations_or_a_text():
    found = asked(members.with_text, 200)
    paperbacks = [
        rows for question, rows in found.items() if "paperback" in question and "how many" not in question
    ]
    assert paperbacks
    assert all(column(rows) == ["Dune", "Persuasion"] for rows in paperbacks)
    both = asked(members.two_relations, 200)
    austen = [
        rows
        for question, rows in both.items()
        if "austen" in question and "novel" in question and "how many" not in question
    ]
    assert austen
    assert all(column(rows) == ["Emma"] for rows in austen)


def test_either_of_two_is_enough():
    found = asked(alternatives.either_object, 200)
    either = [rows for question, rows in found.items() if "herbert" in question and "austen" in question]
    assert either
    assert all(column(rows) == ["Dune", "Emma", "Persuasion"] for rows in either)


def test_conditions_are_met_one_or_the_other():
    for question, rows in asked(alternatives._conditions, 300).items():
        words = question.replace("either ", "").split()
        if words[:2] == ["which", "books"] and len(words) == 13 and words.count("than") == 2:
            bounds = [int(words[place + 1]) for place, word in enumerate(words) if word == "than"]
            longer, shorter = bounds if words.index("longer") < words.index("shorter") else bounds[::-1]
            assert column(rows) == sorted(
                book for book, pages in PAGES.items() if pages > longer or pages < shorter
            )


def test_what_is_missing_is_found():
    found = asked(negations.without_relation, 400)
    assert found["which books have no author"] == [("Edda",)]
    assert found["which people have no books"] == [("Homer",)]
    assert column(found["which books do not have the author austen"]) == ["Dune", "Edda"]
    assert column(found["books without genre novel"]) == ["Edda", "Persuasion"]


def test_yes_and_no_are_asked():
    found = asked(yes_or_no.yes_or_no, 400)
    assert found["did austen write emma"] is True
    assert found["did herbert write emma"] is False
    assert {type(value) for value in found.values()} == {bool}


def test_lists_show_what_members_have():
    found = asked(lists.list_with_values, 300)
    with_authors = [
        rows
        for question, rows in found.items()
        if question in ("books and their author", "books with their author", "all books with their author")
    ]
    for rows in with_authors:
        assert sorted(rows) == [("Dune", "Herbert"), ("Emma", "Austen"), ("Persuasion", "Austen")]
    optional = asked(lists.optional_value, 300)
    for question, rows in optional.items():
        about = question.split(" with their ")[0].split(" and their ")[0]
        if "author" in question and "author" not in about:
            assert {row[0] for row in rows} == meant(about), question


def test_chains_and_paths_lead_on():
    """Books lead to people and genres, and these nowhere: there is nothing to ask by two relations."""
    assert all(paths.chain(context(seed)) is None for seed in range(30))
    assert all(implicit.implicit_relation(context(seed)) is None for seed in range(30))
    others = asked(paths.over_subject, 200)
    assert any(
        rows == [("Herbert",)] or ("Austen",) in rows
        for question, rows in others.items()
        if "novel" in question
    )


@pytest.mark.parametrize("kind", KINDS)
def test_without_types_no_class_is_asked_for(kind):
    """Where a graph does not say what its members are, a query that asks for it would be wrong."""
    for seed in range(60):
        draws = context(seed, typed=False)
        example = KINDS[kind](draws)
        if example is not None and example.query is not None and "#type>" in query_text(example.query):
            assert answer(draws.graph, example.query) == [], (
                f"{example.question} is left out: it finds nothing"
            )
