"""Domains: what may be said in them fits together, and is read as it is stored."""

import pytest

from training.synthetic.domains import (
    COMMON,
    DOMAINS,
    HELD_OUT_DOMAIN,
    PEOPLE,
    Attribute,
    Common,
    Flag,
    Relation,
    Text,
    _attribute,
    _counted,
    _flag,
    _relation,
    _text,
)

PARTS = [(name, part) for name, domain in DOMAINS.items() for part in domain.parts]


def of_kind(kind):
    return [pytest.param(part, id=f"{name}-{part.names[0]}") for name, part in PARTS if isinstance(part, kind)]


def test_a_relation_is_read():
    stored = {"from": "book", "to": "person", "names": ["author"], "forward": ["who wrote {e}"]}
    assert _relation(stored) == Relation("book", "person", ("author",), (), ("who wrote {e}",), ())


def test_an_attribute_is_read():
    stored = {
        "of": "book",
        "names": ["pages"],
        "most": ["longest"],
        "least": ["shortest"],
        "above": ["longer than {n}"],
        "below": ["shorter than {n}"],
        "range": [40, 1200],
    }
    found = _attribute(stored)
    assert (found.source, found.more, found.less) == ("book", ("longer than {n}",), ("shorter than {n}",))
    assert (found.low, found.high, found.kind, found.dated, found.asked) == (40, 1200, "integer", (), ())
    assert _attribute(stored | {"datatype": "decimal"}).kind == "decimal"


def test_texts_and_flags_are_read():
    assert _text({"of": "book", "names": ["binding"]}) == Text("book", ("binding",))
    assert _text({"of": "book", "names": ["binding"], "nouns": True}).nouns
    flag = {"of": "bird", "names": ["flies"], "when": ["can fly"], "unless": ["cannot fly"], "asked": ["can {e} fly"]}
    assert _flag(flag) == Flag("bird", ("flies",), ("can fly",), ("cannot fly",), ("can {e} fly",))


def test_what_one_has_a_number_of_is_counted():
    found = _counted("doors")
    assert "number of doors" in found.names
    assert "with the most doors" in found.most
    assert "with the fewest doors" in found.least
    assert "how many doors does {e} have" in found.asked


@pytest.mark.parametrize(
    ("people", "kind", "fits"),
    [
        (None, "person", True),
        (None, "book", True),
        (True, "person", True),
        (True, "book", False),
        (False, "singer", False),
        (False, "book", True),
    ],
)
def test_common_parts_fit_people_or_all_else(people, kind, fits):
    assert Common(_counted("doors"), people).fits(kind) == fits


def test_a_domain_is_held_out():
    assert HELD_OUT_DOMAIN in DOMAINS
    assert len(DOMAINS) > 5


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domains_parts_are_of_its_classes(name):
    domain = DOMAINS[name]
    classes = {end for relation in domain.relations for end in (relation.source, relation.target)}
    assert {part.source for part in (*domain.attributes, *domain.texts, *domain.flags)} <= classes
    assert set(domain.members) <= classes
    assert {members.called for members in domain.members.values()} <= {"name", "noun", "adjective", "thing", "plural"}


@pytest.mark.parametrize("name", DOMAINS)
def test_members_have_names_of_their_own(name):
    for members in DOMAINS[name].members.values():
        assert len(members.names) == len(set(members.names)) >= 6


@pytest.mark.parametrize("relation", of_kind(Relation))
def test_relations_are_asked_from_both_ends(relation):
    assert relation.forward
    assert relation.backward
    assert all(text.count("{e}") == 1 for text in (*relation.forward, *relation.backward))


@pytest.mark.parametrize("attribute", [*of_kind(Attribute), *(common.part for common in COMMON if isinstance(common.part, Attribute))])
def test_numbers_have_words_for_much_and_little(attribute):
    assert attribute.low < attribute.high
    assert attribute.most
    assert attribute.least
    assert all(text.count("{n}") == 1 for text in (*attribute.more, *attribute.less, *attribute.within))
    assert all(text.count("{e}") == 1 for text in attribute.asked)
    assert not set(attribute.most) & set(attribute.least)
    assert attribute.within or not attribute.dated, "what is kept as a date is asked for within one"


@pytest.mark.parametrize("flag", of_kind(Flag))
def test_flags_are_told_where_true_and_where_not(flag):
    assert flag.when
    assert flag.unless
    assert not set(flag.when) & set(flag.unless)
    assert all(text.count("{e}") == 1 for text in flag.asked)


def test_people_are_classes_of_domains():
    classes = {end for name, part in PARTS if isinstance(part, Relation) for end in (part.source, part.target)}
    assert len(set(PEOPLE) & classes) > len(PEOPLE) / 2
