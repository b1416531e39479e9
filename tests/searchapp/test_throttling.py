"""How often pages, the API and the sign-in answer one caller."""

import threading
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connections
from django.test import Client, RequestFactory
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from searchapp import throttling
from searchapp.api.models import ApiKey

pytestmark = pytest.mark.django_db
SIGN_IN, ADMIN = "/sign-in", "/admin/login/"


@pytest.fixture
def rates(settings):
    settings.TRUSTED_PROXIES = 1
    settings.THROTTLES = {
        "anonymous": "2 per 1 minute",
        "caller": "3 per 1 minute",
        "sign_in": "3 per 1 minute",
        "sign_in_name": "5 per 1 minute",
        "sign_in_address": "6 per 1 minute",
    }


@pytest.fixture
def guesses(rates, settings):
    """The rates of signing in, without that of pages."""
    settings.THROTTLES = {**settings.THROTTLES, "anonymous": "1000 per 1 minute"}


@pytest.fixture
def person(db):
    return User.objects.create_user("person", password="a long password", is_staff=True)


@pytest.fixture
def redis_away(monkeypatch):
    """Redis does not answer those who count."""

    def fail(*_, **__):
        raise RedisAway("Connection refused")

    monkeypatch.setattr("limits.strategies.SlidingWindowCounterRateLimiter.hit", fail)


def sign_in(name="person", password="wrong", *, at=SIGN_IN, address="192.0.2.1", forwarded=None, client=None):
    given = {"username": name, "password": password}
    headers = {"HTTP_X_FORWARDED_FOR": forwarded or address}
    return (client or Client()).post(at, given, **headers)


@pytest.mark.parametrize("at", [SIGN_IN, ADMIN])
def test_tries_with_one_name_end_from_whatever_address(guesses, person, at):
    answers = [sign_in(at=at, address=f"192.0.2.{number}") for number in range(1, 8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 120
    assert "Try again in" in answers[-1].content.decode()
    right = sign_in(password="a long password", at=at, address="192.0.2.77")
    assert right.status_code == 429


def test_guesses_from_elsewhere_keep_nobody_out_who_came_from_there_before(guesses, person):
    assert sign_in(password="a long password", address="198.51.100.1").status_code == 302
    for number in range(20):
        sign_in(address=f"192.0.2.{number}")
    assert sign_in(password="a long password", address="192.0.2.77").status_code == 429
    for _ in range(3):
        assert sign_in(password="a long password", address="198.51.100.1").status_code == 302


def test_where_somebody_signed_in_before_one_cannot_guess_without_end_either(guesses, person):
    assert sign_in(password="a long password").status_code == 302
    assert [sign_in().status_code for _ in range(4)] == [200, 200, 200, 429]
    assert sign_in(password="a long password").status_code == 429


def test_to_have_signed_in_helps_with_the_own_name_alone(guesses, person):
    User.objects.create_user("guesser", password="another long one")
    assert sign_in("guesser", "another long one", address="192.0.2.9").status_code == 302
    for number in range(5):
        sign_in(address=f"192.0.2.{number}")
    assert sign_in(address="192.0.2.9").status_code == 429


def test_pages_and_admin_count_together(guesses, person):
    statuses = [sign_in(at=at).status_code for at in (SIGN_IN, ADMIN, SIGN_IN, ADMIN)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    "names", [["Person", "PERSON", "person"], ["ｐerson", "person", "Person"], ["person"] * 3]
)
def test_spellings_of_a_name_are_one_name(guesses, person, names):
    for name in names:
        sign_in(name)
    assert sign_in().status_code == 429


def test_tries_from_one_address_end_with_whatever_name(guesses, person):
    statuses = [sign_in(f"guess{number}").status_code for number in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    assert sign_in("another", address="192.0.2.2").status_code == 200


def test_addresses_of_one_ipv6_network_are_one(guesses, person):
    statuses = [sign_in(f"guess{n}", address=f"2001:db8::{n:x}").status_code for n in range(1, 9)]
    assert statuses == [200] * 6 + [429] * 2


def test_a_header_that_the_caller_writes_does_not_help(guesses, person):
    statuses = [
        sign_in(f"guess{number}", forwarded=f"203.0.113.{number}, 192.0.2.1").status_code
        for number in range(8)
    ]
    assert statuses == [200] * 6 + [429] * 2


def test_without_proxies_no_header_counts(guesses, person, settings):
    settings.TRUSTED_PROXIES = 0
    statuses = [sign_in(f"guess{number}", address=f"203.0.113.{number}").status_code for number in range(8)]
    assert statuses == [200] * 6 + [429] * 2


def test_the_right_password_forgets_the_tries_of_its_name(guesses, person):
    for _ in range(2):
        sign_in()
    assert sign_in(password="a long password").status_code == 302
    assert [sign_in().status_code for _ in range(3)] == [200, 200, 200]


def test_a_name_without_an_account_is_answered_like_one_that_has_one(guesses, person):
    for name in ("person", "nobody"):
        statuses = [sign_in(name, address=f"192.0.2.{n}").status_code for n in range(6)]
        assert statuses == [200] * 5 + [429]


@pytest.mark.parametrize("name", ["x" * 100_000, "größe", "a:b/c", "name\nline", ""])
def test_any_name_can_be_tried(guesses, person, name):
    assert sign_in(name).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_counted_each(guesses, person):
    statuses = []

    def attempt():
        statuses.append(sign_in(address="192.0.2.8").status_code)
        connections.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 3 + [429] * 5


def test_nobody_signs_in_while_redis_is_away(guesses, person, redis_away):
    for at in (SIGN_IN, ADMIN):
        answer = sign_in(password="a long password", at=at)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_people_read_on_while_redis_is_away(rates, redis_away):
    assert {Client().get("/help").status_code for _ in range(5)} == {200}
    assert {APIClient().get("/api/v1/jobs/").status_code for _ in range(5)} == {200}


def test_pages_and_api_of_one_address_count_together(rates):
    client = Client(HTTP_X_FORWARDED_FOR="192.0.2.1")
    addresses = ("/help", "/api/v1/jobs/", "/", "/api/v1/jobs/")
    answers = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert "text/html" in answers[2].headers["Content-Type"]
    assert answers[3].headers["Content-Type"] == "application/problem+json"
    assert answers[3].json()["type"] == "urn:searchapp:throttled"
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers[2:])
    assert Client(HTTP_X_FORWARDED_FOR="192.0.2.2").get("/help").status_code == 200


def test_another_forwarded_address_each_time_does_not_help(rates):
    statuses = [
        APIClient().get("/api/v1/jobs/", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}, 192.0.2.1").status_code
        for n in range(5)
    ]
    assert statuses == [200, 200, 429, 429, 429]


def test_health_and_static_files_are_not_counted(rates):
    client = Client()
    assert {client.get("/health").status_code for _ in range(5)} == {200}
    assert {client.get("/static/frontend-assets/icon.svg").status_code for _ in range(5)} == {200}
    assert client.get("/help").status_code == 200


def test_accounts_and_each_of_their_keys_have_a_rate_of_their_own(rates, person):
    client = Client()
    client.force_login(person)
    assert [client.get("/help").status_code for _ in range(4)] == [200, 200, 200, 429]
    for name in ("one", "two"):
        _, text = ApiKey.objects.issue(user=person, name=name, scope="read")
        program = APIClient(headers={"Authorization": f"Bearer {text}"})
        assert [program.get("/api/v1/jobs/").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_keys_cannot_be_guessed_without_end(rates):
    programs = [APIClient(headers={"Authorization": f"Bearer sa_guess_{number}"}) for number in range(4)]
    assert [program.get("/api/v1/jobs/").status_code for program in programs] == [401, 401, 429, 429]


def test_what_was_counted_passes(rates, settings, monkeypatch):
    settings.THROTTLES = {**settings.THROTTLES, "anonymous": "1 per 1 second"}
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    throttling.count_request(request)
    with pytest.raises(throttling.TooManyRequests) as caught:
        throttling.count_request(request)
    assert caught.value.headers == {"Retry-After": str(caught.value.seconds)}
    throttling.forget("1 per 1 second", "request", "127.0.0.1")
    throttling.count_request(request)


def test_a_key_counts_for_itself_and_not_for_its_account(rates, person):
    request = RequestFactory().get("/")
    request.user = person
    for _ in range(3):
        throttling.count_request(request)
    throttling.count_request(request, key=SimpleNamespace(pk=1))
