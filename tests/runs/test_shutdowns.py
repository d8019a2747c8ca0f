"""Models that are shut down: refused at submit, passed over by auto, and shown everywhere."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as site
from redis import Redis

from agentsite.local.ports import free_port
from billing.providers import Provider
from runs import shutdowns
from runs.engine.provider.shutdowns import in_words
from runs.models import Run
from runs.shutdowns import Shutdowns, dates_of, key_of, written
from tests.runs.breaking import close_all, opened, put

pytestmark = pytest.mark.django_db
MODEL, OTHER, THIRD = site.PROVIDER_MODELS[:3]
DAY = date(2027, 1, 14)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Shutdowns()
    monkeypatch.setattr(shutdowns, "shutdowns", lambda: fresh)


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch):
    """Let it be so many days after the shutdown."""

    def set_to(days: int) -> None:
        monkeypatch.setattr(shutdowns, "today", lambda: DAY + timedelta(days=days))
        monkeypatch.setattr("runs.catalogue.states.today", lambda: DAY + timedelta(days=days))
        monkeypatch.setattr("runs.catalogue.presenter.today", lambda: DAY + timedelta(days=days))

    return set_to


@pytest.fixture
def list_says() -> Iterator[Any]:
    """Leave dates as a worker does that has read a provider's list."""
    endpoints = []
    with Redis.from_url(site.REDIS_URL) as redis:

        def leave(endpoint: str = site.PROVIDERS[0].endpoint, **dates: date) -> None:
            endpoints.append(endpoint)
            named = {name.replace("_", "-"): day for name, day in dates.items()}
            redis.set(key_of(endpoint), written(named))

        yield leave
        redis.delete(*map(key_of, endpoints))


def submit(client: Any, **body: Any) -> Any:
    return client.post("/api/v1/runs/", {"task": "t", **body}, format="json")


def test_a_submit_is_refused_from_its_day_on(api_for, alice, settings, it_is):
    settings.MODEL_SHUTDOWN_DATES = {OTHER: DAY}
    client = api_for(alice)
    it_is(-1)
    assert submit(client, model=OTHER).status_code == 202

    it_is(0)
    refused = submit(client, model=OTHER)

    assert (refused.status_code, refused.json()["code"]) == (503, "model_unavailable")
    assert refused.json()["errors"] == {"model": [f"“{OTHER}” was shut down on 14 January 2027."]}
    assert "Retry-After" not in refused
    role = submit(client, model=MODEL, roles={"execution": OTHER})
    assert (role.status_code, [*role.json()["errors"]]) == (503, ["roles"])
    assert Run.objects.count() == 1


def test_a_fallback_that_lives_answers_instead(api_for, alice, settings, it_is):
    settings.MODEL_SHUTDOWN_DATES = {MODEL: DAY, OTHER: DAY}
    settings.MODEL_FALLBACKS = {OTHER: THIRD}
    it_is(0)
    client = api_for(alice)
    assert submit(client, model=OTHER).status_code == 202
    try:
        put(THIRD, opened(24))
        refused = submit(client, model=OTHER)
    finally:
        close_all()
    assert refused.status_code == 503
    assert "was shut down on" in refused.json()["detail"]
    assert "its last 5 calls failed" in refused.json()["detail"]
    assert 0 < int(refused["Retry-After"]) <= 24


@pytest.mark.parametrize(("days", "warned"), [(-31, False), (-30, True), (-1, True)])
def test_a_run_is_warned_for_thirty_days(api_for, alice, settings, it_is, days, warned):
    settings.MODEL_SHUTDOWN_DATES = {OTHER: DAY, THIRD: DAY}
    it_is(days)
    body = submit(api_for(alice), model=OTHER, roles={"execution": MODEL}).json()
    assert body["warnings"] == [f"“{OTHER}” will be shut down on {in_words(DAY)}."] * warned


def test_auto_takes_none_that_was_shut_down(api_for, alice, settings, it_is):
    settings.CHEAP_MODELS = (OTHER, THIRD)
    settings.STRONG_MODELS = (OTHER,)
    settings.MODEL_SHUTDOWN_DATES = {OTHER: DAY}
    client = api_for(alice)
    it_is(-1)
    assert submit(client).json()["routing"]["chosen"] == OTHER
    it_is(0)
    assert submit(client).json()["routing"]["chosen"] == THIRD
    settings.MODEL_SHUTDOWN_DATES = dict.fromkeys(site.PROVIDER_MODELS, DAY)
    assert submit(client).json()["code"] == "model_unavailable"


def test_the_providers_list_is_believed_unless_the_settings_know_better(settings, list_says):
    prefixed = Provider("acme", ("acme/m",), "acme@gpu.example", prefix="acme/")
    settings.PROVIDERS = (*settings.PROVIDERS, prefixed)
    later = DAY + timedelta(days=1)
    settings.KNOWN_SHUTDOWN_DATES = {"a": DAY, "b": DAY, "c": DAY}
    settings.MODEL_SHUTDOWN_DATES = {"c": None, "d": DAY}
    list_says(b=later, c=later, d=later, e=later)
    list_says(prefixed.endpoint, m=DAY)
    found = dates_of(["a", "b", "c", "d", "e", "f", "acme/m", "m"])
    assert found == {"a": DAY, "b": later, "d": DAY, "e": later, "acme/m": DAY}


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"m": 7}', b'{"m": "soon"}', b"null"])
def test_what_stands_in_redis_and_can_not_be_read_stops_nothing(list_says, text: bytes):
    list_says()
    with Redis.from_url(site.REDIS_URL) as redis:
        redis.set(key_of(site.PROVIDERS[0].endpoint), text)
    assert dates_of(["m"]) == {}


def test_without_redis_the_settings_count(settings, monkeypatch: pytest.MonkeyPatch):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    settings.MODEL_SHUTDOWN_DATES = {"m": DAY}
    away = Shutdowns()
    monkeypatch.setattr(shutdowns, "shutdowns", lambda: away)
    assert dates_of(["m", "n"]) == {"m": DAY}
    assert not away.due


def test_pages_and_the_api_show_it(client_for, api_for, alice, staff, settings, it_is):
    settings.MODEL_SHUTDOWN_DATES = {MODEL: DAY, OTHER: DAY + timedelta(days=400)}
    it_is(-31)
    models = api_for(alice).get("/api/v1/models/").json()["results"]
    assert [one["shutdown_date"] for one in models[:3]] == ["2027-01-14", "2028-02-18", None]
    far = client_for(alice).get("/models/").content.decode()
    assert 'class="tag" title' in far
    assert "ends 14 Jan 2027" in far
    assert "ends 14 Jan 2027" not in client_for(alice).get("/").content.decode()

    it_is(-30)
    near = client_for(alice).get("/models/").content.decode()
    assert 'class="tag tag-warn" title' in near
    assert "Answers · Ends on 14 January 2027" in near
    assert "per million · ends 14 Jan 2027</option>" in client_for(alice).get("/").content.decode()

    it_is(0)
    gone = client_for(alice).get("/models/").content.decode()
    assert 'class="tag tag-bad" title' in gone
    assert "ended 14 Jan 2027" in gone
    assert "Shut down on 14 January 2027" in gone
    operations = client_for(staff).get("/ops/").content.decode()
    assert f"“{MODEL}” isn’t called any more. Shut down on 14 January 2027." in operations
    (option,) = [
        line
        for line in client_for(alice).get("/").content.decode().splitlines()
        if f'<option value="{MODEL}"' in line
    ]
    assert "disabled" in option
    assert "· shut down 14 Jan 2027" in option
