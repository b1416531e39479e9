"""Code that a person may not see has no part in what they are told, whatever they type."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from codesearch import code_graph, selectors
from codesearch.models import Repository, Unit
from codesearch.retrieval import search, similar_units
from codesearch.retrieval.filters import conditions_of
from codesearch.retrieval.query import QueryError, parse_query
from searchapp.visibility import ANONYMOUS, Reader, reader_of, reading_as
from tests.conftest import write_files

SHARED = 'def plant(tree):\n    """Plant a tree in the garden."""\n    return tree.grow()\n'
HIDDEN = '''class Greenhouse:
    """Zanzibar keeps the orchids warm."""

    def zanzibar(self):
        return 7
'''

QUERIES = [
    "plant a tree in the garden",
    "zanzibar",
    "orchids that are kept warm",
    "Greenhouse",
    "name:zanzibar",
    "name:zanz*",
    "kind:class",
    "lang:python",
    "path:secret",
    "path:secret/**",
    "secret/hothouse.py",
    '"zanzibar"',
    '"keeps the orchids"',
    '"return" -repo:garden',
    '-"plant"',
    "-lang:go",
    "-repo:garden plant",
    "repo:*",
    "repo:* plant",
    "repo:garden repo:* zanzibar",
    'kind:method "self"',
    HIDDEN,
    SHARED,
]


@pytest.fixture
def code(index, tmp_path):
    """A repository for everyone, and one for nobody but staff, with a file in common."""
    index(write_files(tmp_path / "garden", {"garden.py": SHARED}), "garden")
    files = {"garden.py": SHARED, "secret/hothouse.py": HIDDEN}
    hidden = index(write_files(tmp_path / "nursery", files), "nursery")
    Repository.objects.filter(pk=hidden.pk).update(visibility="groups")
    return hidden


@pytest.mark.parametrize("retriever", ["hybrid", "lexical", "dense"])
def test_no_search_finds_what_is_hidden(code, retriever):
    user = reader_of(User.objects.create_user("user"))
    found_by_staff = 0
    for text in QUERIES:
        for reader in (reader_of(AnonymousUser()), user):
            with reading_as(reader):
                result = search(text, retriever=retriever)
            assert {hit.candidate.repository for hit in result.hits} <= {"garden"}, text
            assert set(result.facets.get("repo", {})) <= {"garden"}, text
            assert result.total <= 1, text
            assert "class" not in result.facets.get("kind", {}), text
        with reading_as(Reader(sees_all=True)):
            staff = search(text, retriever=retriever)
        found_by_staff += "nursery" in {hit.candidate.repository for hit in staff.hits}
    assert found_by_staff >= 10


@pytest.mark.parametrize(
    "text", ["repo:nursery", "repo:nurser x", "repo:nurserx x", "repo:nursery*", "repo:NURSERY"]
)
def test_a_hidden_repository_is_as_unknown_as_one_that_is_not_there(code, text):
    with reading_as(ANONYMOUS), pytest.raises(QueryError) as error:
        conditions_of(parse_query(text))
    typed = parse_query(text).filters[0].value
    assert error.value.message == (
        f"There is no repository named {typed}. The repositories page lists what is there."
    )


def test_excluding_a_hidden_repository_excludes_nothing(code):
    with reading_as(ANONYMOUS):
        assert search("-repo:nursery plant").total == search("plant").total == 1
        assert search('-repo:nursery "plant"').total == search('"plant"').total


def test_neighbours_of_a_unit_are_those_that_one_sees(code):
    unit = Unit.objects.get(repository__name="garden")
    names = {hit.candidate.repository for hit in similar_units(unit)}
    assert names == {"nursery"}
    with reading_as(ANONYMOUS):
        assert similar_units(unit) == []


def test_units_files_totals_and_graphs_leave_it_out(code):
    assert selectors.totals() == {"repositories": 2, "units": 4}
    line = next(line for line in code_graph.repository_triples("nursery") if "zanzibar" in line)
    iri = line.split(">")[0].removeprefix("<")
    assert code_graph.node_address("nursery", iri)
    with reading_as(ANONYMOUS):
        assert selectors.totals() == {"repositories": 1, "units": 1}
        assert not selectors.served_files("nursery").exists()
        assert selectors.served_units().count() == 1
        assert code_graph.node_address("nursery", iri) == ""
        assert not code_graph.repository_exists("nursery")
        assert "zanzibar" not in "".join(code_graph.repository_triples("nursery"))
