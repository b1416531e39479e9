"""Questions with slots in the places of names."""

from training.synthetic.delexicalisation import Name, common_words, numbered, short_name, template_of

COMMON = {"what", "is", "the", "of", "each", "with", "a"}


def wording(question, *names, values=None, rivals=lambda one, other: False):
    return template_of(question, [Name(name, name) for name in names], values or {}, COMMON, rivals)


def test_names_and_values_become_holes_that_others_fill():
    found = wording(
        "What is the depth of each lake with a name Ladoga?",
        "depth",
        "lake",
        "name",
        values={"Ladoga": "ladoga"},
    )
    assert found.marks == "What is the <str> of each <str> with a <str> <str>?"
    said = {"depth": "age", "lake": "owner", "name": "town", "ladoga": "Porto"}
    assert found.filled(lambda slot: said[slot.thing]) == "What is the age of each owner with a town Porto?"


def test_the_longest_name_is_taken():
    assert [
        slot.thing for slot in wording("the water depth of the lake", "depth", "water depth", "lake").slots
    ] == ["water depth", "lake"]


def test_nothing_is_made_of_a_question_that_says_more_or_less():
    assert wording("What is the depth of each muddy lake?", "depth", "lake") is None
    assert wording("What is the depth of each lake?", "depth", "lake", values={"Ladoga": "ladoga"}) is None
    assert wording("What is the depth?", "depth", "Depth".lower(), rivals=lambda one, other: True) is None


def test_an_article_fits_what_follows():
    assert (
        wording("a lake with a depth", "lake", "depth").filled(
            lambda slot: {"lake": "owner", "depth": "name"}[slot.thing]
        )
        == "an owner with a name"
    )


def test_names_lose_the_words_of_their_owner_and_are_numbered():
    assert (short_name("lake name", "lakes"), short_name("depth", "lake"), short_name("lake", "lake")) == (
        "name",
        "",
        "",
    )
    assert [numbered(name, plural=True) for name in ("city", "church", "people", "class")] == [
        "cities",
        "churches",
        "people",
        "classes",
    ]
    assert [numbered(name, plural=False) for name in ("cities", "lakes", "class")] == [
        "city",
        "lake",
        "class",
    ]


def test_words_of_many_data_sets_are_common():
    assert common_words([["show the lakes"], ["show the shops"], ["show all"]]) == {"show", "the"}
