"""Names in questions: found, numbered, shortened, and filled with others."""

import pytest

from training.synthetic.delexicalisation import (
    Name,
    Slot,
    Template,
    common_words,
    numbered,
    short_name,
    template_of,
)

COMMON = {"what", "is", "the", "of", "each", "with", "a", "in", "and", "how", "many"}


def never(one, other):
    return False


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("city", "cities"),
        ("day", "days"),
        ("lake", "lakes"),
        ("church", "churches"),
        ("dish", "dishes"),
        ("box", "boxes"),
        ("lake name", "lake names"),
        ("home city", "home cities"),
    ],
)
def test_names_mean_one_or_many(one, several):
    assert numbered(one, plural=True) == several
    assert numbered(several, plural=False) == one
    assert numbered(several, plural=True) == several
    assert numbered(one, plural=False) == one


@pytest.mark.parametrize(
    "name", ["status", "address", "class", "analysis", "bus", "people", "children", "women", "series", ""]
)
def test_some_names_do_not_look_as_they_mean(name):
    assert numbered(name, plural=False) == name


@pytest.mark.parametrize("name", ["people", "children", "men", "series"])
def test_what_means_many_already_stays(name):
    assert numbered(name, plural=True) == name


@pytest.mark.parametrize(
    ("name", "owner", "short"),
    [
        ("lake name", "lake", "name"),
        ("Lake Name", "lakes", "name"),
        ("name of lake", "lake", "name of"),
        ("depth", "lake", ""),
        ("lake", "lake", ""),
        ("", "lake", ""),
        ("name", "", ""),
    ],
)
def test_names_lose_their_owners_words(name, owner, short):
    assert short_name(name, owner) == short


@pytest.mark.parametrize(
    ("questions", "common"),
    [
        ([], set()),
        ([["show lakes"]], set()),
        ([["show lakes"], ["show shops"]], {"show"}),
        ([["Show lakes", "show all lakes"], ["shops"]], set()),
        ([["the lake"], ["the shop"], *[["x"]] * 23], {"the", "x"}),
        ([["the lake"], ["the shop"], *[["x"]] * 24], {"x"}),
    ],
)
def test_words_are_common_that_are_asked_of_many_data_sets(questions, common):
    """Of two at least, and of eight in a hundred."""
    assert common_words(questions) == common


def test_a_template_is_told_in_parts():
    template = Template("the depth of lakes", (Slot(4, 9, "d"), Slot(13, 18, "l", plural=True)))
    assert [part if isinstance(part, str) else part.thing for part in template.parts()] == [
        "the ",
        "d",
        " of ",
        "l",
        "",
    ]
    assert template.marks == "the <str> of <str>"
    assert template.filled(lambda slot: slot.thing.upper()) == "the D of L"


@pytest.mark.parametrize(
    ("question", "said", "filled"),
    [
        ("a lake", "owner", "an owner"),
        ("a lake", "pond", "a pond"),
        ("A lake", "Island", "An Island"),
        ("a lake", "university", "a university"),
        ("vanilla lake", "owner", "vanilla owner"),
    ],
)
def test_articles_fit_what_follows(question, said, filled):
    start = question.index("lake")
    template = Template(question, (Slot(start, start + 4, "lake"),))
    assert template.filled(lambda slot: said) == filled


def template(question, *names, values=None, rivals=never):
    return template_of(question, [Name(name, name) for name in names], values or {}, COMMON, rivals)


@pytest.mark.parametrize(
    ("question", "names", "slots"),
    [
        ("the depth of the lake", ["depth", "lake"], ["depth", "lake"]),
        ("the depths of the lakes", ["depth", "lake"], ["depths", "lakes"]),
        ("the depth of the depth", ["depth"], ["depth", "depth"]),
        ("the water depth", ["water depth", "depth"], ["water depth"]),
        ("the depth of 3", ["depth"], ["depth"]),
        ("the muddy depth", ["depth"], None),
        ("the depth water", ["water depth"], None),
        ("what is the", ["depth"], None),
        ("", ["depth"], None),
    ],
)
def test_names_are_slots_and_all_else_is_common(question, names, slots):
    found = template(question, *names)
    assert (found and [question[slot.start : slot.end] for slot in found.slots]) == slots


def test_slots_tell_whether_many_are_meant():
    (many,) = template("the lakes", "lake").slots
    (one,) = template("the lake", "lake").slots
    assert (many.plural, one.plural) == (True, False)


@pytest.mark.parametrize(
    ("question", "is_template"),
    [
        ("the lake Ladoga", True),
        ("the lake LADOGA", True),
        ("the lake", False),
        ("the lake Ladogas", False),
    ],
)
def test_values_are_in_the_question_whole(question, is_template):
    assert (template(question, "lake", values={"Ladoga": "ladoga"}) is not None) == is_template


def test_a_value_goes_before_a_name_in_its_place():
    found = template("the lake in Lake", "lake", values={"Lake": "value"})
    assert [slot.thing for slot in found.slots] == ["value", "value"], "it is matched whatever its case"


def test_a_name_of_two_rivals_makes_no_template():
    assert template("the depth", "depth", "depth", rivals=lambda one, other: True) is None
    assert template("the depth", "depth", "depth", rivals=never) is not None


def test_a_full_name_goes_before_a_short_one():
    names = [Name("name", "short", short=True), Name("name", "full")]
    assert template_of("the name", names, {}, COMMON, never).slots[0].thing == "full"
    assert template_of("the name", names[::-1], {}, COMMON, never).slots[0].thing == "full"
