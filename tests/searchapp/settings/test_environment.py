"""Settings from the environment: what each kind of value may look like, and what is said otherwise."""

import pytest

from searchapp.checks import environment_problems
from searchapp.settings import environment


@pytest.fixture(autouse=True)
def problems(monkeypatch):
    """A list of problems of the test's own."""
    monkeypatch.setattr(environment, "problems", [])
    return environment.problems


@pytest.fixture
def variable(monkeypatch):
    monkeypatch.delenv("NAME", raising=False)
    monkeypatch.delenv("NAME_FILE", raising=False)
    return lambda value, name="NAME": monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("value", "read"), [("x", "x"), ("  x \n", "x"), ("", "default"), ("  ", "default")])
def test_text_has_no_space_around_it_and_nothing_is_the_default(variable, value, read):
    variable(value)
    assert environment.text("NAME", "default") == read


def test_a_variable_that_is_not_set_is_the_default(variable):
    assert environment.text("NAME") == ""
    assert environment.integer("NAME", 3) == 3
    assert environment.boolean("NAME", True) is True
    assert environment.listing("NAME", ["a"]) == ["a"]


def test_one_of_some_words_whatever_its_capitals(variable, problems):
    variable("Sunday")
    assert environment.choice("NAME", "monday", ("monday", "sunday")) == "sunday"
    variable("someday")
    assert environment.choice("NAME", "monday", ("monday", "sunday")) == "monday"
    assert problems[0][0] == "NAME='someday' is not one of monday, sunday."


def test_a_moment_is_a_date_or_a_date_with_a_time(variable, problems):
    for value, moment in (("2026-11-29", "2026-11-29T00:00:00"), ("2026-11-29T12:30", "2026-11-29T12:30:00")):
        variable(value)
        assert environment.moment("NAME") == moment
    variable("yesterday")
    assert (environment.moment("NAME"), len(problems)) == ("", 1)


@pytest.mark.parametrize(("value", "read"), [("12", 12), ("-3", -3), ("1_000", 1000), (" 7 ", 7), ("0", 0)])
def test_whole_numbers(variable, problems, value, read):
    variable(value)
    assert environment.integer("NAME", 5) == read
    assert problems == []


@pytest.mark.parametrize("value", ["many", "1.5", "1e3", "1,000", "0x10"])
def test_what_is_no_whole_number_is_told_and_the_default_is_taken(variable, problems, value):
    variable(value)
    assert environment.integer("NAME", 5) == 5
    assert problems == [
        (f"NAME='{value}' is not a whole number.", "Set NAME to a whole number, or leave it out.")
    ]


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "Yes", "on"])
def test_words_for_yes(variable, word):
    variable(word)
    assert environment.boolean("NAME", False) is True


@pytest.mark.parametrize("word", ["0", "false", "No", "OFF"])
def test_words_for_no(variable, word):
    variable(word)
    assert environment.boolean("NAME", True) is False


@pytest.mark.parametrize("default", [True, False])
def test_another_word_is_told_and_the_default_is_taken(variable, problems, default):
    variable("perhaps")
    assert environment.boolean("NAME", default) is default
    assert problems[0][0] == "NAME='perhaps' is not true or false."


@pytest.mark.parametrize(
    ("value", "read"),
    [("a", ["a"]), ("a, b ,c", ["a", "b", "c"]), (",a,,", ["a"]), (",", []), ("a b", ["a b"]), ("", ["d"])],
)
def test_lists_are_parted_by_commas(variable, value, read):
    variable(value)
    assert environment.listing("NAME", ["d"]) == read


def test_a_default_list_is_not_shared(variable):
    default = ["a"]
    environment.listing("NAME", default).append("b")
    assert default == ["a"]


class TestSecret:
    def test_it_is_the_variable_or_the_content_of_its_file(self, variable, tmp_path):
        (tmp_path / "secret").write_text(" größe \n")
        variable(str(tmp_path / "secret"), "NAME_FILE")
        assert environment.secret("NAME") == "größe"
        variable("direct")
        assert environment.secret("NAME") == "direct"

    def test_a_file_that_cannot_be_read_is_told_unless_it_is_not_needed(self, variable, problems):
        variable("/does/not/exist", "NAME_FILE")
        assert environment.secret("NAME") == ""
        assert problems[0][0].startswith("NAME_FILE cannot be read: ")
        problems.clear()
        variable("direct")
        assert environment.secret("NAME") == "direct"
        assert problems == []

    @pytest.mark.parametrize(("required", "told"), [(True, ["NAME is not set."]), (False, [])])
    def test_a_secret_that_is_required_must_be_set(self, variable, problems, required, told):
        assert environment.secret("NAME", required=required) == ""
        assert [problem for problem, _ in problems] == told

    def test_an_empty_file_is_no_secret(self, variable, problems, tmp_path):
        (tmp_path / "secret").write_text("\n")
        variable(str(tmp_path / "secret"), "NAME_FILE")
        assert environment.secret("NAME", required=True) == ""
        assert problems[0][0] == "NAME is not set."


def test_problems_are_reported_by_a_check_each_with_its_hint(problems):
    problems.extend([("A is wrong.", "Mend A."), ("B is wrong.", "Mend B.")])
    assert [(message.id, message.msg, message.hint) for message in environment_problems()] == [
        ("searchapp.E001", "A is wrong.", "Mend A."),
        ("searchapp.E001", "B is wrong.", "Mend B."),
    ]
