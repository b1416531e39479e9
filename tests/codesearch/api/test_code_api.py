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


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return SimpleUploadedFile("lib.zip", packed.getvalue())


def test_a_repository_is_changed_and_built_anew(api, index, shop, settings):
    index(shop)
    settings.SOURCE_ROOTS = [shop.parent]
    answer = api.patch(
        f"{CODE}/repositories/shop/",
        {"excludes": "tests/", "token": "t", "refresh_every": "day"},
        format="json",
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    repository = Repository.objects.get()
    assert (repository.excludes, repository.token, repository.refresh_every) == ("tests/", "t", "day")
    Job.objects.all().delete()
    # The folder that the terminal allowed is no leave to read any other.
    other = api.patch(f"{CODE}/repositories/shop/", {"location": "/etc"}, format="json")
    assert (other.status_code, list(other.json()["errors"])) == (400, ["location"])
    assert not Job.objects.exists()
    assert Repository.objects.get().location == str(shop)


def test_an_archive_is_replaced_and_the_old_one_is_removed(api, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    body = {"source_kind": "archive", "name": "lib", "archive": zipped(a="x = 1")}
    assert api.post(f"{CODE}/repositories/", body, format="multipart").status_code == 201
    before = Repository.objects.get().location
    Job.objects.all().delete()
    wrong = SimpleUploadedFile("lib.zip", b"no archive")
    answer = api.patch(f"{CODE}/repositories/lib/", {"archive": wrong}, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["archive"])
    assert [path.name for path in tmp_path.iterdir()] == [before]
    answer = api.patch(f"{CODE}/repositories/lib/", {"archive": zipped(b="y = 1")}, format="multipart")
    assert answer.status_code == 202
    now = Repository.objects.get().location
    assert now != before
    assert [path.name for path in tmp_path.iterdir()] == [now]


def test_references_by_place_by_symbol_and_of_a_unit(index, shop):
    index(shop)
    client = APIClient()
    address = f"{CODE}/repositories/shop/references/"
    place = {"path": "tests/test_prices.py", "line": 5, "column": 12}
    (found,) = client.get(address, place).json()
    assert (found["path"], found["name"], found["kind"]) == ("shop/prices.py", "apply_discount", "function")
    assert found["definitions"][0]["line"] == 14
    assert [(one["role"], one["line"], one["within"], one["certain"]) for one in found["references"]] == [
        ("import", 1, "", True),
        ("call", 5, "test_apply_discount", True),
    ]
    assert client.get(address, {"path": "shop/prices.py", "symbol": "apply_discount"}).json() == [found]
    unit = Unit.objects.get(name="apply_discount")
    assert client.get(f"{CODE}/units/{unit.pk}/references/").json() == found
    assert client.get(address, {"path": "shop/prices.py"}).status_code == 400
    assert client.get(address, {"path": "none.py", "symbol": ""}).status_code == 404


def test_a_search_names_the_lines_of_a_stack_trace(index, shop):
    index(shop)
    found = APIClient().get(f"{CODE}/search", {"q": 'File "/app/shop/mail.py", line 6'}).json()
    assert [(line["path"], line["line"], line["url"]) for line in found["lines"]] == [
        ("shop/mail.py", 6, "/code/shop/shop/mail.py#L6")
    ]


def test_a_build_tells_what_changed(index, shop):
    index(shop)
    (shop / "shop" / "mail.py").write_text("x = 1\n")
    (shop / "shop" / "stock.js").unlink()
    (shop / "new.py").write_text("y = 1\n")
    index(shop)
    newest = APIClient().get(f"{CODE}/repositories/shop/").json()["builds"][0]
    assert newest["changes"] == {
        "added": {"count": 1, "paths": ["new.py"]},
        "changed": {"count": 1, "paths": ["shop/mail.py"]},
        "removed": {"count": 1, "paths": ["shop/stock.js"]},
    }


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
