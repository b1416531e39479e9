"""The rule for who may see what, as every query has it."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Exists, OuterRef

from kbqa.sparql.models import Graph
from searchapp import visibility
from searchapp.visibility import reader_of, reading_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def graphs():
    for kind in visibility.Visibility:
        Graph.objects.create(slug=kind, name=kind, source_kind="file", visibility=kind)
    group = Group.objects.create(name="chemists")
    Graph.objects.get(slug="groups").groups.add(group)
    return group


def test_each_person_sees_what_they_may(graphs):
    member = User.objects.create_user("member")
    member.groups.add(graphs)
    other = User.objects.create_user("other")
    other.groups.add(Group.objects.create(name="physicists"))
    staff = User.objects.create_user("staff", is_staff=True)
    for user, seen in (
        (AnonymousUser(), ["everyone"]),
        (other, ["everyone", "signed-in"]),
        (member, ["everyone", "groups", "signed-in"]),
        (staff, ["everyone", "groups", "signed-in"]),
    ):
        with reading_as(reader_of(user)):
            assert list(Graph.objects.values_list("slug", flat=True)) == seen
            assert Graph.objects.count() == len(seen)
            assert Graph.objects.exclude(slug="everyone").exists() == (len(seen) > 1)
            assert Graph.objects.filter(Exists(Graph.objects.filter(pk=OuterRef("pk")))).count() == len(seen)
            assert Graph.objects.filter(name__gt="").update(languages="de") == len(seen)
            assert list(Graph.objects.filter(slug="x") | Graph.objects.filter(slug="groups")) == list(
                Graph.objects.filter(slug="groups")
            )
