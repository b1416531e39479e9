"""Repositories that are brought up to date without being asked."""

import hmac
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from codesearch import refreshing
from codesearch.models import Repository
from searchapp.jobs.models import Job
from searchapp.visibility import Visibility

pytestmark = pytest.mark.django_db

SECRET = "s3cret"
PUSH = json.dumps({"ref": "refs/heads/main", "repository": {"default_branch": "main"}}).encode()


@pytest.fixture
def shop():
    return Repository.objects.create(
        name="shop", source_kind="git", location="https://git.example/shop", hook_secret=SECRET
    )


def signed(body, secret=SECRET):
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def send(body=PUSH, name="shop", **headers):
    return Client().post(f"/api/v1/code/hooks/{name}", body, "application/json", headers=headers)


HOSTS = {
    "github": lambda body, secret: {
        "X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={signed(body, secret)}"
    },
    "gitea": lambda body, secret: {"X-Gitea-Event": "push", "X-Gitea-Signature": signed(body, secret)},
    "gitlab": lambda body, secret: {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret},
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_push_that_is_signed_starts_a_build(shop, host):
    answer = send(**HOSTS[host](PUSH, SECRET))
    assert (answer.status_code, answer.json()["started"]) == (202, True)
    assert Job.objects.get().subject == shop.subject


@pytest.mark.parametrize("host", HOSTS)
def test_who_does_not_know_the_secret_learns_and_starts_nothing(shop, host):
    wrong = send(**HOSTS[host](PUSH, "guess"))
    absent = send(name="none", **HOSTS[host](PUSH, SECRET))
    assert (wrong.status_code, absent.status_code) == (403, 403)
    assert wrong.json()["detail"] == absent.json()["detail"]
    assert send().status_code == 403
    shop.hook_secret = ""
    shop.save()
    assert send(**HOSTS[host](PUSH, "")).status_code == 403
    assert not Job.objects.exists()


def test_a_body_that_was_changed_is_not_signed(shop):
    headers = HOSTS["github"](PUSH, SECRET)
    assert send(PUSH + b" ", **headers).status_code == 403


@pytest.mark.parametrize(
    ("ref", "pushed", "starts"),
    [
        ("", "refs/heads/main", True),
        ("", "refs/heads/other", False),
        ("other", "refs/heads/other", True),
        ("other", "refs/heads/main", False),
        ("v1", "refs/tags/v1", True),
        ("refs/heads/main", "refs/heads/main", True),
    ],
)
def test_only_pushes_to_what_is_indexed_count(shop, ref, pushed, starts):
    Repository.objects.update(ref=ref)
    body = json.dumps({"ref": pushed, "repository": {"default_branch": "main"}}).encode()
    answer = send(body, **HOSTS["github"](body, SECRET)).json()
    assert (answer["started"], bool(answer["reason"])) == (starts, not starts)


def test_other_events_are_answered_and_start_nothing(shop):
    headers = HOSTS["github"](PUSH, SECRET) | {"X-GitHub-Event": "ping"}
    assert send(**headers).json()["started"] is False
    assert send(b"[1]", **HOSTS["gitea"](b"[1]", SECRET)).json()["started"] is True


def test_a_repository_that_few_may_see_is_told_of_pushes_as_well(shop):
    Repository.objects.update(visibility=Visibility.GROUPS)
    assert send(**HOSTS["github"](PUSH, SECRET)).status_code == 202


def test_a_build_is_due_once_the_last_one_is_long_ago(shop):
    assert refreshing.refresh_due() == 0
    Repository.objects.update(refresh_every="day")
    assert refreshing.refresh_due() == 1
    assert refreshing.refresh_due() == 0
    Job.objects.update(state=Job.State.SUCCEEDED, created=timezone.now() - timedelta(hours=23))
    assert refreshing.refresh_due() == 0
    Job.objects.update(created=timezone.now() - timedelta(hours=25))
    assert refreshing.refresh_due() == 1
