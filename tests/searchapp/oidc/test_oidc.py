"""Signing in through a provider that runs here: who gets in, as whom, and what is refused."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from joserfc.jwk import RSAKey

from searchapp.audit.models import Entry
from searchapp.checks import environment_problems
from searchapp.oidc.models import Identity
from tests.searchapp.oidc.provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db
BEGIN, BACK = "/sign-in/oidc/", "/sign-in/oidc/callback"
OLD = 1_000_000_000


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(running, settings):
    """The provider without faults, and settings that name it."""
    key, server, issuer = running.key, running.server, running.issuer
    running.published, running.algorithm, running.status = key, "RS256", 200
    running.claims = {"sub": "4711", "preferred_username": "anna", "email": "anna@example.org"}
    running.changes, running.metadata, running.token, running.codes = {}, {}, {}, {}
    assert server.server_port
    settings.OIDC = {
        **settings.OIDC,
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "name": "Example",
        "domains": [],
        "groups_claim": "",
        "staff_group": "",
    }
    return running


def sign_in(provider, client=None, **given):
    """The last answer of a whole sign-in."""
    client = client or Client()
    sent = client.get(BEGIN, given)
    assert sent.status_code == 302, sent.content
    return client.get(provider.authorize(sent.headers["Location"]))


def who(client):
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def test_it_is_off_unless_it_is_set(client, settings):
    assert settings.OIDC["issuer"] == ""
    assert client.get(BEGIN).status_code == 404
    assert client.get(BACK).status_code == 404
    assert "oidc" not in client.get("/sign-in").content.decode()


def test_a_person_gets_an_account_and_keeps_it(provider):
    client = Client()
    page = client.get("/sign-in", {"next": "/graphs"}).content.decode()
    assert "Sign in with Example" in page
    assert "/sign-in/oidc/?next=/graphs" in page
    answer = sign_in(provider, client, next="/graphs")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/graphs")
    user = who(client)
    assert (user.username, user.email, user.is_staff) == ("anna", "anna@example.org", False)
    assert not user.has_usable_password()
    provider.claims |= {"preferred_username": "anna-renamed", "email": "other@example.org"}
    again = Client()
    sign_in(provider, again)
    assert who(again) == user
    assert Identity.objects.get() == user.identities.get()
    entries = Entry.objects.filter(action="sign-in", outcome="done")
    assert [entry.account for entry in entries] == ["anna", "anna"]


FAULTS = {
    "another issuer": {"changes": {"iss": "https://evil.example"}},
    "no issuer": {"changes": {"iss": None}},
    "another audience": {"changes": {"aud": "another-application"}},
    "no audience": {"changes": {"aud": None}},
    "expired": {"changes": {"exp": OLD}},
    "no end": {"changes": {"exp": None}},
    "issued in the future": {"changes": {"iat": 4_000_000_000}},
    "not valid yet": {"changes": {"nbf": 4_000_000_000}},
    "another nonce": {"changes": {"nonce": "replayed"}},
    "no nonce": {"changes": {"nonce": None}},
    "no subject": {"changes": {"sub": None}},
    "issued to another party": {"changes": {"aud": [CLIENT, "x"], "azp": "x"}},
    "another key": {"published": RSAKey.generate_key(2048, parameters={"kid": "one"})},
    "signed with the public key": {"algorithm": "HS256"},
    "not signed": {"algorithm": "none"},
    "no token": {"token": {"id_token": None}},
    "a token that is none": {"token": {"id_token": "a.b.c"}},
    "a token that is a number": {"token": {"id_token": 7}},
    "an error": {"token": {"error": "invalid_grant", "error_description": "<script>"}, "status": 400},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_the_provider_did_not_say_to_us_now_is_refused(provider, fault):
    for name, value in fault.items():
        setattr(provider, name, value)
    client = Client()
    answer = sign_in(provider, client)
    assert answer.status_code in (403, 503), answer.content
    assert who(client) is None
    assert not User.objects.exists()
    assert "<script>" not in answer.content.decode()
    assert [entry.account for entry in Entry.objects.filter(action="sign-in")] == [""]
    assert set(Entry.objects.values_list("outcome", flat=True)) == {"failed"}


class TestTheWayBack:
    @pytest.fixture
    def begun(self, provider):
        client = Client()
        sent = client.get(BEGIN)
        return client, provider.authorize(sent.headers["Location"])

    def test_a_sign_in_is_used_once(self, provider, begun):
        client, back = begun
        assert client.get(back).status_code == 302
        client.logout()
        assert client.get(back).status_code == 403
        assert who(client) is None

    def test_one_that_another_browser_began_is_refused(self, begun):
        assert Client().get(begun[1]).status_code == 403

    @pytest.mark.parametrize(
        "change", [("state=", "state=x"), ("state=", "x="), ("code=", "x="), ("code=", "code=x")]
    )
    def test_another_state_or_code_is_refused(self, begun, change):
        client, back = begun
        assert client.get(back.replace(*change)).status_code == 403
        assert who(client) is None

    def test_nothing_at_all_is_refused(self, provider, client):
        assert client.get(BACK).status_code == 403
        assert (
            client.get(BACK, {"error": "access_denied", "error_description": "<script>"}).status_code == 403
        )
        assert client.post(BACK, {"code": "x"}).status_code == 405

    @pytest.mark.usefixtures("begun")
    def test_a_code_without_the_proof_of_who_asked_is_worth_nothing(self, provider):
        code = next(iter(provider.codes))
        status, _ = provider.exchange(
            {"code": code, "redirect_uri": provider.codes[code]["redirect_uri"]}, ""
        )
        assert status == 400

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", ""]
    )
    def test_it_leads_to_this_site_alone(self, provider, target):
        assert sign_in(provider, next=target).headers["Location"] == "/"

    def test_the_session_is_another_one(self, begun):
        client, back = begun
        before = client.session.session_key
        client.get(back)
        assert client.session.session_key != before


class TestTheProvider:
    @pytest.mark.parametrize(
        "metadata",
        [{"issuer": "https://evil.example"}, {"issuer": None}, {"authorization_endpoint": None}],
        ids=["another issuer", "no issuer", "nowhere to go"],
    )
    def test_one_that_is_not_the_configured_one_is_not_used(self, provider, client, metadata):
        provider.metadata = metadata
        answer = client.get(BEGIN)
        assert answer.status_code == 503
        assert "Location" not in answer.headers

    def test_one_that_is_away_is_503(self, provider, client, settings):
        settings.OIDC = {**settings.OIDC, "issuer": "http://127.0.0.1:9"}
        answer = client.get(BEGIN)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert client.get("/sign-in").status_code == 200

    def test_one_without_keys_or_the_right_client_lets_nobody_in(self, provider, settings):
        settings.OIDC = {**settings.OIDC, "client_secret": "another"}
        assert sign_in(provider).status_code == 403
        settings.OIDC = {**settings.OIDC, "client_secret": SECRET}
        provider.metadata = {"jwks_uri": f"{provider.issuer}/nothing"}
        assert sign_in(provider).status_code == 503


class TestAccounts:
    def test_nobody_takes_an_account_by_its_name(self, provider):
        taken = User.objects.create_user("anna", password="x", is_superuser=True)
        answer = sign_in(provider)
        assert answer.status_code == 403
        assert "There is an account named anna already" in answer.content.decode()
        Identity.objects.create(user=taken, issuer=provider.issuer, subject="4711")
        assert sign_in(provider).status_code == 302

    def test_a_closed_account_stays_closed(self, provider):
        sign_in(provider)
        User.objects.update(is_active=False)
        assert sign_in(provider).status_code == 403

    @pytest.mark.parametrize(
        ("claims", "status"),
        [
            ({"email": "anna@example.org", "email_verified": True}, 302),
            ({"email": "anna@EXAMPLE.ORG", "email_verified": True}, 302),
            ({"email": "anna@example.org", "email_verified": False}, 403),
            ({"email": "anna@example.org", "email_verified": "true"}, 403),
            ({"email": "anna@example.org"}, 403),
            ({"email": "anna@evil.example", "email_verified": True}, 403),
            ({"email": "anna@example.org@evil.example", "email_verified": True}, 403),
            ({"email": "anna@sub.example.org", "email_verified": True}, 403),
            ({"email": "example.org", "email_verified": True}, 302),
            ({"email_verified": True}, 403),
        ],
    )
    def test_only_verified_addresses_of_the_domains_sign_in(self, provider, settings, claims, status):
        settings.OIDC = {**settings.OIDC, "domains": ["Example.org"]}
        provider.claims = {"sub": "1", "preferred_username": "anna", **claims}
        assert sign_in(provider).status_code == (403 if claims.get("email") == "example.org" else status)

    @pytest.mark.parametrize("name", ["a b", "<script>", "x" * 151, "a\nb", "\0"])
    def test_names_that_no_account_can_have_are_refused(self, provider, name):
        provider.claims = {"sub": "1", "preferred_username": name}
        assert sign_in(provider).status_code == 403

    @pytest.mark.parametrize("claims", [{"sub": "\0"}, {"sub": "x" * 300}, {"sub": "1", "groups": ["a\0"]}])
    def test_claims_that_cannot_be_kept_are_refused(self, provider, settings, claims):
        settings.OIDC = {**settings.OIDC, "groups_claim": "groups"}
        provider.claims |= claims
        assert sign_in(provider).status_code == 403
        assert not User.objects.exists()

    def test_groups_and_staff_follow_the_provider_where_they_are_set(self, provider, settings):
        Group.objects.create(name="readers")
        Group.objects.create(name="admins")
        provider.claims["groups"] = ["readers", "admins", "unknown", 7]
        sign_in(provider)
        user = User.objects.get()
        assert (user.groups.count(), user.is_staff) == (0, False)
        settings.OIDC = {**settings.OIDC, "groups_claim": "groups", "staff_group": "admins"}
        sign_in(provider)
        user.refresh_from_db()
        assert ({group.name for group in user.groups.all()}, user.is_staff) == ({"readers", "admins"}, True)
        assert not user.is_superuser
        for claim, names in (("readers", {"readers"}), ({"admins": 1}, set()), (None, set())):
            provider.claims["groups"] = claim
            sign_in(provider)
            user.refresh_from_db()
            assert ({group.name for group in user.groups.all()}, user.is_staff) == (names, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": "http://id.example.org"}, "is not an https address"),
        ({"client_id": ""}, "OIDC_CLIENT_ID is not set"),
        ({"client_secret": ""}, "OIDC_CLIENT_SECRET is not set"),
        ({"scope": "email"}, "does not have openid"),
        ({"staff_group": "admins"}, "needs OIDC_GROUPS_CLAIM"),
    ],
)
def test_wrong_settings_are_told(settings, changes, message):
    complete = {
        "issuer": "https://id.example.org",
        "client_id": "x",
        "client_secret": "y",
        "groups_claim": "",
    }
    settings.OIDC = {**settings.OIDC, **complete}
    assert environment_problems() == []
    settings.OIDC = {**settings.OIDC, **changes}
    assert [message in problem.msg for problem in environment_problems()] == [True]
