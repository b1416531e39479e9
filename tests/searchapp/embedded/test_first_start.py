"""What the first start adds, and what later ones leave alone."""

import pytest
from django.contrib.auth.models import User

from codesearch.models import Repository
from kbqa.sparql.models import Graph
from kbqa.sql.models import Database
from searchapp.embedded.errors import ServiceError
from searchapp.embedded.first_start import add_samples, administrator_sign_in, follow_settings
from searchapp.encoders import EncoderError
from searchapp.jobs.models import Job
from searchapp.startup import Startup, register_startup, startups

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def registered(monkeypatch):
    """Register one more part of a start, for a test."""
    monkeypatch.setattr("searchapp.startup._startups", {})
    return lambda **parts: register_startup("test", Startup(**parts))


def test_the_first_start_adds_samples_of_every_engine(settings):
    add_samples()
    assert list(Repository.objects.order_by("pk").values_list("name", flat=True)) == [
        "rest_framework",
        "django",
    ]
    assert set(Graph.objects.values_list("location", flat=True)) == {"rest_framework", "django"}
    assert Database.objects.get().source_kind == "installed"
    assert set(Job.objects.values_list("kind", flat=True)) == {"index_repository"}
    Repository.objects.all().delete()
    Graph.objects.all().delete()
    Database.objects.all().delete()
    add_samples()
    assert not Repository.objects.exists()


def test_nothing_is_added_where_somebody_has_added_something():
    Graph.objects.create(slug="own", name="own", source_kind="file", location="own.ttl")
    add_samples()
    assert not Repository.objects.exists()
    assert Graph.objects.count() == 1


def test_every_engine_has_a_part_in_the_start():
    assert len(startups()) == 2


def test_changed_settings_that_name_no_model_end_the_start(registered):
    def follow():
        raise EncoderError("There is no model folder /none.")

    registered(follow_settings=follow)
    with pytest.raises(ServiceError, match="no model folder /none") as error:
        follow_settings()
    assert "ENCODER_MODEL" in error.value.message


def test_the_first_administrator_is_told_the_password_until_it_is_changed():
    told = administrator_sign_in()
    admin = User.objects.get()
    assert admin.username == "admin"
    assert "with the password" in told
    assert administrator_sign_in() == told
    admin.set_password("another long password")
    admin.save()
    assert administrator_sign_in() == "Sign in with an administrator's account."
