import io
import json

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from searchapp.api.models import ApiKey
from searchapp.jobs.models import Job

pytestmark = pytest.mark.django_db


def test_the_openapi_document_is_valid_without_warnings():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    for path in (
        "/api/v1/code/search:",
        "/api/v1/code/units/{id}/similar/:",
        "/api/v1/code/repositories/{name}/index/:",
        "/api/v1/jobs/{id}/cancel/:",
    ):
        assert path in out.getvalue()


def test_the_openapi_document_names_every_error_of_every_operation():
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    for path, operations in json.loads(out.getvalue())["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            for status in ("400", "401", "403", "404", "409", "413", "415", "429", "500", "503"):
                assert list(responses[status]["content"]) == ["application/problem+json"], (path, method)
            assert "Retry-After" in responses["503"]["headers"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/code/search", 400),
        ("/api/v1/code/search?q=lang:klingon", 400),
        ("/api/v1/code/search?q=x&page_size=1000", 400),
        ("/api/v1/code/units/12345/", 404),
        ("/api/v1/code/repositories/none/", 404),
        ("/api/v1/jobs/77/", 404),
        ("/api/nowhere", 404),
    ],
)
def test_errors_are_problems(path, status):
    response = APIClient().get(path)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert body["detail"]


def test_writing_without_a_key_is_401():
    response = APIClient().post("/api/v1/code/repositories/", {}, format="json")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_keys_have_scopes_and_are_stored_as_hashes(staff):
    key, text = ApiKey.objects.issue(user=staff, name="ci", scope="read")
    assert text not in str(ApiKey.objects.values_list())
    assert text.startswith(f"sa_{key.prefix}_")
    client = APIClient(headers={"Authorization": f"Bearer {text}"})
    assert client.get("/api/v1/jobs/").status_code == 200
    assert client.post("/api/v1/code/repositories/", {}, format="json").status_code == 403
    ApiKey.objects.filter(pk=key.pk).update(scope="write")
    assert client.post("/api/v1/code/repositories/", {}, format="json").status_code == 400
    key.refresh_from_db()
    assert key.used is not None


def test_a_wrong_key_is_refused(staff):
    assert APIClient(headers={"Authorization": "Bearer sa_wrong"}).get("/api/v1/jobs/").status_code == 401


def test_a_key_of_a_closed_account_is_refused(staff):
    _, text = ApiKey.objects.issue(user=staff, name="ci", scope="write")
    staff.is_active = False
    staff.save()
    assert APIClient(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/jobs/").status_code == 401


def test_private_installations_ask_for_a_sign_in(settings):
    settings.ANONYMOUS_READ = False
    assert APIClient().get("/api/v1/code/search?q=x").status_code == 401


def test_lists_are_paged_with_a_maximum(api):
    Job.objects.bulk_create(
        Job(kind="test", subject=f"thing:{number}", title="Test", state="succeeded") for number in range(120)
    )
    assert len(api.get("/api/v1/jobs/").json()["results"]) == 20
    assert len(api.get("/api/v1/jobs/?page_size=500").json()["results"]) == 100


def test_a_job_that_has_ended_cannot_be_cancelled(api):
    job = Job.objects.create(kind="test", subject="thing:1", title="Test", state="succeeded")
    response = api.post(f"/api/v1/jobs/{job.pk}/cancel/")
    assert response.status_code == 409
    assert response.json()["title"] == "Not possible now"


def test_health(client):
    assert client.get("/health").json() == {"postgresql": True, "redis": True}


@pytest.mark.parametrize(
    "path", ["/api/v1/jobs", "/api/v1/jobs/", "/api/v1/code/repositories", "/api/v1/code/repositories/"]
)
def test_addresses_work_with_and_without_a_slash(path):
    assert APIClient().get(path).status_code == 200
