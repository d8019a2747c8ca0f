"""A failing provider is left alone: refused at submit and by workers, or another model answers."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings as site
from redis import Redis

from billing.models import Hold, LedgerEntry
from runs.breakers import key_of, read, reader, written
from runs.executor.breakers import VIEW_S
from runs.models import Run, RunEvent
from runs.states import Status
from tests.stack import Stack

MODEL, OTHER = site.PROVIDER_MODELS[:2]
TASK = "What is 17 % of 2,340, minus 58?"
FAILING = f"{TASK} [sim: status=503]"
RULES = {"BREAKER_FAILURES": "3", "BREAKER_OPEN_S": "600"}
FALLBACKS = {MODEL: OTHER}


@pytest.fixture
def redis() -> Iterator[Redis]:
    """The site's Redis, which forgets the breaker afterwards."""
    with Redis.from_url(site.REDIS_URL) as redis:
        yield redis
        redis.delete(key_of(MODEL), key_of(OTHER))


@pytest.fixture
def start_worker(stack: Stack, no_worker, redis: Redis) -> Iterator[Callable[..., None]]:
    """Start a worker whose breakers open soon."""
    started = []

    def start(**env: str) -> None:
        started.append(stack.start_worker("breaking", **RULES, **env))

    yield start
    for child in started:
        stack.stop(child)


def state(model: str = MODEL) -> str:
    seen = reader().of([model])
    assert seen is not None
    return seen.state(model)


def let_the_pause_end(redis: Redis) -> None:
    """As if ten minutes had passed; a worker may know the old state for a moment."""
    text = redis.get(key_of(MODEL))
    assert isinstance(text, bytes)
    breaker = read(text)
    redis.set(key_of(MODEL), written(replace(breaker, open_until=time.time() - 1)))
    time.sleep(VIEW_S)


def notices(run: Run) -> list[str]:
    events = RunEvent.objects.filter(run=run, type="notice").order_by("seq")
    return [event.data["code"] for event in events]


def fail_until_open(stack: Stack, submit, ended) -> None:
    """Let runs fail at a provider that is down, until that has lasted long enough."""
    while state() != "open":
        run = ended(submit(FAILING))
        assert (run.status, run.cost_usd) == (Status.FAILED, 0)
        assert run.error["code"] in ("provider_error", "model_unavailable")
        assert stack.provider_ledger(run.task)


def test_runs_are_refused_until_a_probe_is_answered(
    stack: Stack, start_worker, redis: Redis, submit, ended, api, settings
) -> None:
    start_worker()
    fail_until_open(stack, submit, ended)

    refused = api.post("/api/v1/runs/", {"task": TASK}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (503, "model_unavailable")
    assert 500 < int(refused["Retry-After"]) <= 600
    assert refused.json()["errors"].keys() == {"model"}

    settings.MODEL_FALLBACKS = FALLBACKS  # of this process alone: its worker has none
    run = ended(submit(TASK))
    assert (run.status, run.error["code"]) == (Status.FAILED, "model_unavailable")
    assert "calls failed. The provider failed." in run.error["message"]
    assert notices(run) == ["breaker"]
    assert stack.provider_ledger(run.task) == []
    assert not Hold.objects.filter(run_id=run.pk).exists()

    settings.MODEL_FALLBACKS = {}
    let_the_pause_end(redis)
    assert state() == "half_open"
    probe = ended(submit(TASK))
    assert (probe.status, notices(probe)) == (Status.SUCCEEDED, [])
    assert state() == "closed"
    assert ended(submit(TASK)).status == Status.SUCCEEDED


def test_a_probe_that_fails_leaves_it_open(
    stack: Stack, start_worker, redis: Redis, submit, ended
) -> None:
    start_worker()
    fail_until_open(stack, submit, ended)
    let_the_pause_end(redis)

    probe = ended(submit(FAILING))

    assert (probe.status, probe.error["code"]) == (Status.FAILED, "model_unavailable")
    assert len(stack.provider_ledger(probe.task)) == 1
    assert state() == "open"


def test_a_fallback_answers_at_its_own_price(
    stack: Stack, start_worker, submit, ended, settings
) -> None:
    settings.MODEL_FALLBACKS = FALLBACKS
    start_worker(MODEL_FALLBACKS=json.dumps(FALLBACKS))
    fail_until_open(stack, submit, ended)

    run = ended(submit(TASK))

    assert (run.status, run.chosen_model) == (Status.SUCCEEDED, MODEL)
    assert notices(run) == ["breaker", "fallback"]
    assert {entry["model"] for entry in stack.provider_ledger(run.task)} == {OTHER}
    calls = Hold.objects.filter(run_id=run.pk, kind="call")
    assert set(calls.values_list("model", flat=True)) == {OTHER}
    lines = LedgerEntry.objects.filter(run_id=run.pk)
    assert set(lines.values_list("model", "confidence")) == {(OTHER, "exact")}
    started = RunEvent.objects.filter(run=run, type="step.started", data__kind="llm")
    assert {event.data["model"] for event in started} == {OTHER}
    assert state() == "open"
