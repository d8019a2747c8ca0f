"""Whether models answer: on the Models page, on the operations page, in the API, and at submit."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from rest_framework.test import APIClient

from agentsite.local.ports import free_port
from runs.breakers import Reader
from runs.catalogue.states import model_states
from runs.engine.breaker import Breaker
from runs.models import Run
from tests.runs.breaking import close_all, half_open, opened, put

pytestmark = pytest.mark.django_db
MODEL, OTHER, THIRD = site.PROVIDER_MODELS[:3]


@pytest.fixture(autouse=True)
def _all_answer_again() -> Iterator[None]:
    close_all()
    yield
    close_all()


@pytest.fixture
def redis_is_away(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    away = Reader()
    for user in ("runs.catalogue.states", "runs.services.supply"):
        monkeypatch.setattr(f"{user}.reader", lambda: away)


def in_api(client: APIClient) -> dict[str, Any]:
    return {one["id"]: one for one in client.get("/api/v1/models/").json()["results"]}


def submit(client: APIClient, **body: Any) -> Any:
    return client.post("/api/v1/runs/", {"task": "t", **body}, format="json")


def test_the_api_says_it(api_for, alice, settings):
    settings.MODEL_FALLBACKS = {MODEL: OTHER}
    breaker = opened()
    put(MODEL, breaker)
    put(OTHER, half_open())

    models = in_api(api_for(alice))

    assert models[MODEL]["fallback"] == OTHER
    told = models[MODEL]["breaker"]
    assert datetime.fromisoformat(told.pop("again_at")).timestamp() == pytest.approx(
        breaker.open_until
    )
    assert told == {"state": "open", "failures": 5, "reason": "connection"}
    assert models[OTHER]["breaker"]["state"] == "half_open"
    assert models[OTHER]["breaker"]["again_at"] is None
    assert models[THIRD]["fallback"] is None
    assert models[THIRD]["breaker"] == {
        "state": "closed",
        "failures": 0,
        "reason": None,
        "again_at": None,
    }


@pytest.mark.parametrize(
    ("breaker", "lamp", "words", "why"),
    [
        (Breaker(), "", "Answers", ""),
        (Breaker(1, 1, 1, "timeout"), "", "Called", "its last call failed. The provider stopped"),
        (
            opened(86_400),
            "lamp-bad",
            "Not called for",
            "its last 5 calls failed. The provider can’t",
        ),
        (half_open(), "lamp-warn", "The next call tries it again", "its last 5 calls failed. "),
        (half_open(86_400), "lamp-warn", "One call tries it again", "its last 5 calls failed. "),
    ],
)
def test_it_is_said_in_words(breaker: Breaker, lamp: str, words: str, why: str):
    put(MODEL, breaker)
    state = model_states()[0]
    assert (state.model, state.lamp) == (MODEL, lamp)
    assert state.words.startswith(words)
    assert state.why.startswith(why.replace("’", "'"))


def test_both_pages_show_it(client_for, alice, staff, settings):
    settings.MODEL_FALLBACKS = {MODEL: OTHER}
    put(MODEL, opened())
    said = "its last 5 calls failed. The provider can&#x27;t be reached."
    models = client_for(alice).get("/models/").content.decode()
    operations = client_for(staff).get("/ops/").content.decode()
    for page in (models, operations):
        assert said.removeprefix("its") in page
        assert f'called instead: <span class="mono">{OTHER}</span>' in page
    assert f"“{MODEL}” isn’t called for now: {said} “{OTHER}” is called instead." in operations


def test_a_submit_is_refused_while_nothing_can_answer(api_for, alice, settings):
    put(MODEL, opened(24))
    client = api_for(alice)

    refused = submit(client)

    assert (refused.status_code, refused.json()["code"]) == (503, "model_unavailable")
    assert refused.json()["detail"].startswith(f"“{MODEL}” isn’t called until ")
    assert 0 < int(refused["Retry-After"]) <= 24
    assert submit(client, model=OTHER).status_code == 202
    role = submit(client, model=OTHER, roles={"execution": MODEL})
    assert role.json()["errors"].keys() == {"roles"}
    settings.MODEL_FALLBACKS = {MODEL: OTHER, OTHER: THIRD}
    assert submit(client).status_code == 202
    put(OTHER, opened())
    assert submit(client).status_code == 202
    put(THIRD, opened())
    assert submit(client).status_code == 503
    assert Run.objects.count() == 3


def test_a_run_may_be_the_one_that_tries_it_again(api_for, alice):
    put(MODEL, half_open())
    assert submit(api_for(alice)).status_code == 202


def test_the_form_says_it_too(client_for, alice):
    put(MODEL, opened())
    client: Client = client_for(alice)
    key = client.get("/").context["form"]["idempotency_key"].value()
    form = {"task": "t", "pattern": "react", "model": MODEL, "idempotency_key": key}
    page = client.post("/", form)
    assert page.status_code == 422
    assert f"“{MODEL}” isn’t called until" in page.content.decode()
    assert not Run.objects.exists()


def test_without_redis_nothing_is_known_and_all_is_taken(api_for, alice, redis_is_away):
    client = api_for(alice)
    assert in_api(client)[MODEL]["breaker"] is None
    assert submit(client).status_code == 202
    state = model_states()[0]
    assert (state.lamp, state.words, state.why) == ("lamp-off", "Not known: Redis is away", "")


def test_a_redis_that_is_away_is_not_asked_for_a_while(settings, monkeypatch: pytest.MonkeyPatch):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    away = Reader()
    assert away.of([MODEL]) is None
    monkeypatch.setattr(away, "_redis", None)
    assert away.of([MODEL]) is None
