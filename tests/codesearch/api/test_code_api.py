import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from codesearch.models import Repository, Unit
from searchapp.jobs.models import Job

pytestmark = pytest.mark.django_db
CODE = "/api/v1/code"


def test_search_units_similar_and_files(index, shop):
    index(shop)
    client = APIClient()
    found = client.get(f"{CODE}/search", {"q": "apply_discount", "page_size": 3}).json()
    first = found["results"][0]
    assert (first["name"], first["path"], first["reasons"][0]) == ("apply_discount", "shop/prices.py", "name")
    assert len(found["results"]) == 3 <= found["total"]
    unit = client.get(f"{CODE}/units/{first['id']}/").json()
    assert unit["code"].startswith("def apply_discount(price, percent):")
    similar = client.get(f"{CODE}/units/{first['id']}/similar/", {"limit": 2}).json()
    assert len(similar) == 2
    file = client.get(f"{CODE}/repositories/shop/files/shop/prices.py/").json()
    assert file["text"].startswith('"""Prices')
    assert [each["name"] for each in file["units"] if each["kind"] == "class"] == ["PriceList"]
    assert (
        client.get(f"{CODE}/repositories/shop/").json()["builds"][0]["left_out"]["named by .gitignore"][
            "count"
        ]
        == 2
    )


def test_repositories_are_added_indexed_and_deleted(api, shop, settings):
    settings.SOURCE_ROOTS = [shop.parent]
    made = api.post(f"{CODE}/repositories/", {"source_kind": "folder", "location": str(shop)}, format="json")
    assert (made.status_code, made.json()["name"]) == (201, "shop")
    assert (
        api.post(
            f"{CODE}/repositories/", {"source_kind": "folder", "location": str(shop)}, format="json"
        ).status_code
        == 400
    )
    job = api.post(f"{CODE}/repositories/shop/index/")
    assert (job.status_code, job.json()["state"]) == (202, "queued")
    assert api.post(f"{CODE}/repositories/shop/rebuild/").json()["id"] == job.json()["id"]
    assert api.delete(f"{CODE}/repositories/shop/").status_code == 202
    assert api.get(f"{CODE}/repositories/shop/").status_code == 404


def test_an_archive_is_uploaded(api, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.py", "def f(): pass")
    upload = SimpleUploadedFile("lib-1.0.zip", packed.getvalue())
    made = api.post(
        f"{CODE}/repositories/", {"source_kind": "archive", "archive": upload}, format="multipart"
    )
    assert made.status_code == 201, made.json()
    assert Repository.objects.get().location.endswith(".zip")
    assert Job.objects.get().kind == "index_repository"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source_kind": "folder", "location": "/etc"}, "location"),
        ({"source_kind": "git", "location": "http://127.0.0.1/x.git"}, "location"),
        ({"source_kind": "git", "location": "https://user:pw@example.org/x"}, "location"),
        ({"source_kind": "git"}, "location"),
        ({"source_kind": "archive"}, "archive"),
        ({"source_kind": "magic", "location": "x"}, "source_kind"),
    ],
)
def test_mistakes_name_their_field(api, body, field):
    response = api.post(f"{CODE}/repositories/", body, format="json")
    assert response.status_code == 400
    assert field in response.json()["errors"]


def test_units_that_are_not_served_are_not_shown(index, shop):
    repository = index(shop)
    unit = Unit.objects.first()
    Repository.objects.filter(pk=repository.pk).update(deleting=True)
    assert APIClient().get(f"{CODE}/units/{unit.pk}/").status_code == 404
