import io
import re
import zipfile
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client, RequestFactory

from codesearch.models import Repository
from frontend.highlighting import highlight_lines
from frontend.views.errors import not_found
from searchapp.jobs.models import Job
from searchapp.visibility import Visibility
from tests.conftest import write_files

pytestmark = pytest.mark.django_db


def test_the_first_page_of_an_empty_site(client):
    page = client.get("/").content.decode()
    assert "Nothing is loaded yet" in page
    assert "/repositories/add" in page


def test_results_are_marked_explained_and_narrowed(client, index, shop):
    index(shop)
    page = client.get("/", {"q": "apply discount"}).content.decode()
    assert "<mark>apply_discount</mark>" in page
    assert '<span class="reason reason-words">words</span>' in page
    assert "q=apply+discount+lang%3Apython" in page
    assert re.search(r'href="/code/shop/shop/prices.py#L\d+"', page)
    narrowed = client.get("/", {"q": "apply discount lang:python"}).content.decode()
    assert 'aria-current="true"' in narrowed
    assert 'href="/?q=apply+discount"' in narrowed


def test_htmx_gets_the_results_alone(client, index, shop):
    index(shop)
    part = client.get("/", {"q": "price"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "hit-list" in part


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("lang:klingon", 422, "lang:klingon is not known"),
        ("repo:none x", 422, "no repository named none"),
        ("x" * 100_000, 422, "at most 20,000"),
    ],
)
def test_mistakes_are_explained_on_the_page(client, query, status, text):
    response = client.get("/", {"q": query})
    assert response.status_code == status
    assert text in response.content.decode()


def test_queries_and_code_are_escaped(client, index, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "<b>.py").write_text("def evil():\n    return '<script>alert(1)</script>'\n")
    index(tmp_path / "x", "x")
    page = client.get("/", {"q": "evil <script>alert(2)</script>"}).content.decode()
    assert "<script>alert" not in page
    assert "<b>.py" not in page


def test_the_file_page_has_lines_and_an_outline(client, index, shop):
    index(shop)
    page = client.get("/code/shop/shop/prices.py").content.decode()
    assert 'id="L6"' in page
    assert "PriceList.price_of" in page
    assert client.get("/code/shop/none.py").status_code == 404


def test_a_form_from_elsewhere_is_refused_on_a_page_of_ours():
    for address in ("/sign-in", "/repositories/add"):
        page = Client(enforce_csrf_checks=True).post(address, {"username": "x", "password": "x"})
        assert page.status_code == 403
        assert "reload the page and send it again" in page.content.decode()


def test_files_of_any_name_are_found_and_shown(client, index, tmp_path):
    names = ["new\nline.py", "\r\n.py", "tab\t.py", "a b#c?d%2f&.py", "<b>'\".py", "\\.py", "ä€😀.py"]
    index(
        write_files(tmp_path, {f"odd/{name}": "def polish_teapot(pot):\n    return pot\n" for name in names})
    )
    page = client.get("/", {"q": "polish_teapot"}).content.decode()
    addresses = {unescape(address) for address in re.findall(r'href="(/code/shop/odd/[^"]+)#L1"', page)}
    hits = client.get("/api/v1/code/search", {"q": "polish_teapot"}).json()["results"]
    assert {hit["path"] for hit in hits} == {f"odd/{name}" for name in names}
    assert {hit["url"] for hit in hits} == {f"{address}#L1" for address in addresses}
    for address in addresses:
        assert "polish_teapot" in client.get(address).content.decode()
        api_address = address.replace("/code/shop/", "/api/v1/code/repositories/shop/files/")
        assert "polish_teapot" in client.get(f"{api_address}/").json()["text"]


def test_the_repository_page_shows_what_was_left_out(client, index, shop):
    index(shop)
    page = client.get("/repositories/shop").content.decode()
    assert "Named by .gitignore" in page
    assert "secret.py" in page
    assert "Python" in page


def test_visitors_may_look_but_not_change(client, index, shop):
    index(shop)
    assert client.get("/repositories/add").status_code == 302
    assert client.post("/repositories/shop/delete").status_code == 302
    assert Repository.objects.filter(deleting=False).exists()


def test_staff_add_a_folder(client, staff, shop, settings):
    settings.SOURCE_ROOTS = [shop.parent]
    client.force_login(staff)
    response = client.post("/repositories/add", {"source_kind": "folder", "folder": str(shop)})
    assert response.headers["Location"] == "/repositories/shop"
    assert Job.objects.get().state == Job.State.QUEUED


def test_staff_upload_an_archive(client, staff, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.py", "def f(): pass")
    client.force_login(staff)
    upload = SimpleUploadedFile("project.zip", packed.getvalue())
    assert (
        client.post("/repositories/add", {"source_kind": "archive", "archive": upload}).headers["Location"]
        == "/repositories/project"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source_kind": "folder", "folder": "/etc"}, "not below a folder that may be indexed"),
        ({"source_kind": "folder"}, "needed for the chosen source"),
        ({"source_kind": "git", "address": "https://127.0.0.1/x.git"}, "private address"),
        ({"source_kind": "git", "address": "no address"}, "is not an address: it has spaces"),
        ({"source_kind": "archive", "archive": SimpleUploadedFile("x.zip", b"none")}, "neither a .zip nor"),
        ({"source_kind": "folder", "folder": "/tmp", "name": "a b"}, "A name has letters"),
    ],
)
def test_mistakes_in_the_form_are_explained(client, staff, fields, message):
    client.force_login(staff)
    response = client.post("/repositories/add", fields)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Repository.objects.exists()


def test_jobs_are_cancelled_and_retried_from_the_page(client, staff, index, shop):
    repository = index(shop)
    client.force_login(staff)
    client.post("/repositories/shop/index")
    job = Job.objects.latest("id")
    assert "queued" in client.get("/jobs/").content.decode()
    client.post(f"/jobs/{job.pk}/cancel")
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    client.post(f"/jobs/{job.pk}/retry", {"next": repository.get_absolute_url()})
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_job_says_once_what_became_of_it_and_how_often_it_was_tried(client, staff):
    Job.objects.create(kind="x", subject="", title="Scan films", state=Job.State.CANCELLED, attempts=1)
    client.force_login(staff)
    page = client.get("/jobs/").content.decode()
    assert (page.count("Scan films"), page.count(">cancelled<"), page.count("Retry")) == (1, 1, 1)
    assert "Tried" not in page
    Job.objects.update(state=Job.State.FAILED, error="No memory.", attempts=4, interruptions=3)
    page = client.get("/jobs/").content.decode()
    assert (page.count("Scan films"), page.count("No memory."), page.count("Retry")) == (1, 1, 1)
    assert "Tried 4 times; its process was ended 3 times in a row." in page


def test_a_job_that_was_asked_for_again_says_so(client, staff):
    job = Job.objects.create(kind="x", subject="", title="Scan films", state=Job.State.RUNNING)
    client.force_login(staff)
    assert "run again" not in client.get("/jobs/").content.decode()
    Job.objects.filter(pk=job.pk).update(again={"title": "Scan films", "arguments": {}})
    assert "It will run again after this." in client.get("/jobs/").content.decode()


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", ["Code"]),
        ("/?q=price", ["Code"]),
        ("/repositories/", ["Code"]),
        ("/code/shop/shop/prices.py", ["Code"]),
        ("/graphs", ["Graphs"]),
        ("/databases", ["Databases"]),
        ("/jobs/", []),
        ("/help", []),
        ("/sign-in", []),
        ("/nowhere", []),
    ],
)
def test_the_area_of_a_page_is_marked_if_it_has_one(client, index, shop, path, marked):
    index(shop)
    page = client.get(path).content.decode()
    areas = page[page.index('class="areas"') : page.index("</nav>")]
    assert re.findall(r'aria-current="true">(\w+)<', areas) == marked


def test_the_first_page_has_examples_of_code_that_the_reader_may_see(client, staff, index, shop):
    index(shop)
    assert 'aria-label="Examples"' not in client.get("/").content.decode()
    Repository.objects.update(name="rest_framework", visibility=Visibility.EVERYONE)
    assert "?q=PageNumberPagination" in client.get("/").content.decode()
    assert "where are urls matched" not in client.get("/").content.decode()
    Repository.objects.update(visibility=Visibility.GROUPS)
    assert "PageNumberPagination" not in client.get("/").content.decode()
    client.force_login(staff)
    assert "?q=PageNumberPagination" in client.get("/").content.decode()


def test_an_outage_is_a_page_and_a_problem(client, monkeypatch):
    def away(*_, **__):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("frontend.views.search.search", away)
    monkeypatch.setattr("codesearch.api.views.search", away)
    page = client.get("/", {"q": "x"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Back in a moment" in page.content.decode()
    answer = client.get("/api/v1/code/search", {"q": "x"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")


def test_pages_may_load_from_this_site_alone(client):
    assert "default-src 'self'" in client.get("/").headers["Content-Security-Policy"]


def test_unknown_addresses(client):
    response = client.get("/nowhere/at/all")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "codesearch/repository/",
        "codesearch/repository/add/",
        "jobs/job/",
        "api/apikey/",
        "api/apikey/add/",
        "codesearch/vectorindex/",
    ],
)
def test_the_admin(client, staff, index, shop, path):
    index(shop)
    client.force_login(staff)
    assert client.get(f"/admin/{path}").status_code == 200


def test_the_admin_adds_indexes_and_deletes(client, staff, shop, settings):
    settings.SOURCE_ROOTS = [shop.parent]
    client.force_login(staff)
    builds = {"builds-TOTAL_FORMS": 0, "builds-INITIAL_FORMS": 0}
    wrong = client.post(
        "/admin/codesearch/repository/add/",
        {"name": "shop", "source_kind": "folder", "location": "/etc", **builds},
    )
    assert "may be indexed" in wrong.content.decode()
    client.post(
        "/admin/codesearch/repository/add/",
        {"name": "shop", "source_kind": "folder", "location": str(shop), **builds},
    )
    repository = Repository.objects.get()
    assert Job.objects.filter(kind="index_repository", subject=repository.subject).exists()
    client.post(
        "/admin/codesearch/repository/",
        {"action": "delete_selected", "_selected_action": [repository.pk], "post": "yes"},
    )
    repository.refresh_from_db()
    assert repository.deleting


def test_the_admin_shows_a_key_once(client, staff):
    client.force_login(staff)
    page = client.post(
        "/admin/api/apikey/add/", {"name": "ci", "user": staff.pk, "scope": "read"}, follow=True
    ).content.decode()
    assert re.search(r"sa_[0-9a-f]{8}_[\w-]{40,}", page)
    assert not re.search(r"sa_[0-9a-f]{8}_[\w-]{40,}", client.get("/admin/api/apikey/").content.decode())


def test_tokens_are_encrypted_and_never_shown(client, staff, api):
    from django.db import connection

    repository = Repository.objects.create(
        name="private", source_kind="git", location="https://example.org/x.git", token="ghp_secret"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM codesearch_repository")
        assert "ghp_secret" not in cursor.fetchone()[0]
    assert Repository.objects.get().token == "ghp_secret"
    client.force_login(staff)
    for answer in (
        client.get(f"/admin/codesearch/repository/{repository.pk}/change/"),
        api.get("/api/v1/code/repositories/private/"),
        client.get("/repositories/private"),
    ):
        assert answer.status_code == 200
        assert "ghp_secret" not in answer.content.decode()


def test_a_slash_too_many_leads_to_the_page(client):
    moved = client.get("/databases/?q=a%26b")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/databases?q=a%26b")
    for address in ("/nothing/", "/databases/none/"):
        assert client.get(address, follow=True).status_code == 404
    elsewhere = RequestFactory().get("/")
    elsewhere.path = "//evil.example/"
    assert not_found(elsewhere).status_code == 404
    assert client.post("/databases/").status_code in (403, 404)


def test_highlighting_keeps_lines_together():
    lines = highlight_lines(['x = """a', "b <c>", '"""'], "python", frozenset({"b"}))
    assert len(lines) == 3
    assert "<mark>b</mark> &lt;c&gt;" in lines[1]


def test_a_word_after_an_escape_is_marked():
    (line,) = highlight_lines([r'x = "hello\nworld"'], "python", frozenset({"world"}))
    assert "<mark>world</mark>" in line


def test_text_in_quotes_is_marked_across_colours():
    (line,) = highlight_lines(
        ["return None if x<y else value"], "python", frozenset({"valu"}), ["NONE IF X<"]
    )
    assert (
        re.sub(r"</?span[^>]*>", "", line).replace("</mark><mark>", "")
        == "return <mark>None if x&lt;</mark>y else <mark>value</mark>"
    )
