"""Who may read the metrics, and how: nobody but staff, unless a token is set."""

from collections.abc import Callable

import pytest
from django.test import AsyncClient, Client

from accounts.models import Scope, User
from tests.agentsite.metrics.reading import samples

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-this-site"


def with_token(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"}


@pytest.fixture
def token(settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


@pytest.mark.parametrize("given", ["", "x", TOKEN])
def test_without_a_token_of_the_site_no_bearer_gets_in(settings, given: str):
    settings.METRICS_TOKEN = ""
    answer = Client().get("/metrics", headers=with_token(given))
    assert answer.status_code == 401
    assert b"agent_" not in answer.content


@pytest.mark.parametrize(
    "headers",
    [{}, with_token("a-token-of-this-sit"), with_token(TOKEN, "Basic"), with_token(TOKEN.upper())],
)
def test_another_token_does_not_get_in(token: str, headers: dict[str, str]):
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert b"agent_" not in answer.content


def test_the_token_gets_in_by_any_name_and_without_tls(token: str, settings):
    settings.ALLOWED_HOSTS = ["agents.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/metrics", headers={**with_token(token), "Host": "10.1.2.3:8000"})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert ("agent_workers",) in samples(answer.content.decode())


def test_the_token_opens_nothing_else(token: str):
    assert Client().get("/api/v1/me/", headers=with_token(token)).status_code == 401
    assert Client().post("/metrics", headers=with_token(token)).status_code == 401


def test_staff_read_them_in_a_browser_and_by_a_token_that_administers(
    staff: User, alice: User, client_for: Callable[[User], Client], api_for
):
    assert client_for(staff).get("/metrics").status_code == 200
    assert client_for(alice).get("/metrics").status_code == 403
    assert api_for(staff, [Scope.RUNS_READ, Scope.ADMIN]).get("/metrics").status_code == 200
    assert api_for(staff, [Scope.RUNS_READ]).get("/metrics").status_code == 403


def test_a_part_can_be_read_alone(token: str):
    def read(part: str) -> set[str]:
        text = Client().get(f"/metrics?part={part}", headers=with_token(token)).content.decode()
        return {key[0] for key in samples(text)}

    # Something has to be measured before it can be read.
    Client().get("/healthz")
    site, processes = read("site"), read("processes")
    assert "agent_workers" in site
    assert "agent_http_requests_total" in processes
    assert not site & processes
    assert Client().get("/metrics?part=x", headers=with_token(token)).status_code == 400


@pytest.mark.django_db(transaction=True)
async def test_it_is_the_same_for_servers_that_await(token: str):
    answer = await AsyncClient().get("/metrics", headers=with_token(token))
    assert answer.status_code == 200
    assert ("agent_workers",) in samples(answer.content.decode())
