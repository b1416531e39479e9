"""Who may read what the API can do."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from searchapp.api.models import ApiKey

pytestmark = pytest.mark.django_db


def test_a_private_installation_describes_its_api_to_accounts_alone(settings, client, admin_client):
    settings.ANONYMOUS_READ = False
    schema = client.get("/api/schema/")
    assert (schema.status_code, schema.headers["Content-Type"]) == (401, "application/problem+json")
    for address in ("/api/docs/", "/api/docs/?script="):
        page = client.get(address)
        assert page.status_code == 302
        assert page.headers["Location"].startswith("/sign-in?next=/api/docs/")
        assert admin_client.get(address).status_code == 200
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert admin_client.get("/api/schema/").status_code == 200


def test_an_open_installation_describes_it_to_everybody(settings, client):
    settings.ANONYMOUS_READ = True
    for address in ("/api/docs/", "/api/docs/?script=", "/api/schema/"):
        assert client.get(address).status_code == 200


def test_a_key_reads_the_description(settings):
    settings.ANONYMOUS_READ = False
    account = User.objects.create_user("program")
    _, text = ApiKey.objects.issue(user=account, name="ci", scope="read")
    assert APIClient(headers={"Authorization": f"Bearer {text}"}).get("/api/schema/").status_code == 200
    assert APIClient(headers={"Authorization": "Bearer sa_wrong"}).get("/api/schema/").status_code == 401


@pytest.mark.parametrize(
    "address", ["/", "/sign-in", "/admin/login/", "/api/docs/", "/api/schema/", "/nothing"]
)
def test_every_answer_has_the_headers_that_browsers_obey(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    scripts = policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe-inline" not in scripts
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_page_of_the_api_has_no_script_of_its_own(settings, client):
    page = client.get("/api/docs/").content.decode()
    assert "<script>" not in page
    assert "SwaggerUIBundle" in client.get("/api/docs/?script=").content.decode()
