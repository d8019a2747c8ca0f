"""A chat site with a trusted token: requests as Open WebUI sends them, for its own users."""

from typing import Any

import pytest

from accounts.models import ApiToken
from accounts.services import trust_token
from runs.models import Run
from tests.factories import ApiTokenFactory, set_budget

pytestmark = pytest.mark.django_db

# What Open WebUI sends with ENABLE_FORWARD_USER_INFO_HEADERS.
CHAT = {
    "stream": False,
    "model": "gpt-4.1-mini",
    "messages": [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": "Hello."},
    ],
}
BACKGROUND = {"model": "gpt-4.1-mini", "input": "Hello.", "background": True}


def headers(address: str) -> dict[str, str]:
    return {
        "X-OpenWebUI-User-Name": "Bob",
        "X-OpenWebUI-User-Id": "3b1c",
        "X-OpenWebUI-User-Email": address,
        "X-OpenWebUI-User-Role": "user",
        "X-OpenWebUI-Chat-Id": "c0ffee",
    }


@pytest.fixture
def token(staff) -> ApiToken:
    token = ApiTokenFactory.create(user=staff)
    trust_token(token=token, trusted=True)
    return token


@pytest.fixture
def site(v1, token):
    """The chat site, which asks for someone."""

    def ask(path: str, body: dict[str, object] | None, address: str = "") -> Any:
        sent = headers(address) if address else {}
        return v1(token.key, "POST" if body else "GET", path, body, **sent)

    return ask


def test_a_trusted_token_asks_for_the_user_whom_it_names(site, token, bob) -> None:
    answer = site("responses", BACKGROUND, "Bob@Example.org")

    run = Run.objects.get()
    assert answer.status_code == 200
    assert (run.owner, run.api_token_id) == (bob, token.pk)
    path = f"responses/{answer.json()['id']}"
    assert site(path, None, "bob@example.org").status_code == 200
    assert site(path, None).status_code == 404


def test_the_users_own_hard_budget_holds(site, bob) -> None:
    set_budget(0, scope="user", user=bob)

    refused = site("chat/completions", CHAT, "bob@example.org")

    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_quota")
    assert refused.json()["error"]["agentsite"]["scope"] == "user"


def test_the_budget_of_the_token_holds_for_all_of_them(site, token, bob) -> None:
    set_budget(0, scope="token", api_token=token)

    refused = site("chat/completions", CHAT, "bob@example.org")

    assert refused.json()["error"]["agentsite"]["scope"] == "token"


def test_rate_limits_count_by_the_user_who_is_named(site, alice, bob, settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "submit": "1/d"}

    def status(address: str) -> int:
        return int(site("responses", BACKGROUND, address).status_code)

    assert [status(bob.email), status(bob.email), status(alice.email)] == [200, 429, 200]


@pytest.mark.parametrize(
    "address", ["nobody@example.org", "off@example.org", "not.mine@example.org", "no address"]
)
def test_who_is_not_there_is_refused(site, django_user_model, address) -> None:
    django_user_model.objects.create_user("off@example.org", is_active=False)
    django_user_model.objects.create_user("not.mine@example.org", verified_at=None)

    refused = site("chat/completions", CHAT, address)

    assert refused.status_code == 403
    assert not Run.objects.exists()


def test_any_other_token_speaks_for_nobody(api_for, alice, bob) -> None:
    refused = api_for(alice).post(
        "/v1/chat/completions", CHAT, format="json", headers=headers("bob@example.org")
    )

    assert refused.status_code == 403
    assert "not trusted" in refused.json()["error"]["message"]
    assert not Run.objects.exists()


def test_elsewhere_a_token_is_its_users_own(api_for, token, bob) -> None:
    me = api_for(token.user).get("/api/v1/me/", headers=headers("bob@example.org"))

    assert token.user.email in me.content.decode()
