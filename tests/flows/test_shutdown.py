"""Workers leave a model alone that its provider has shut down."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as site

from billing.models import Hold
from runs.models import Run, RunEvent
from runs.states import Status
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("no_worker")
MODEL, OTHER = site.PROVIDER_MODELS[:2]
TASK = "What is 17 % of 2,340, minus 58?"
# The web process of these tests takes the submits: to it the model lives on.
ENDED = {"MODEL_SHUTDOWN_DATES": json.dumps({MODEL: "2026-01-01"})}


@pytest.fixture
def start_worker(stack: Stack) -> Iterator[Callable[..., None]]:
    started = []

    def start(**env: str) -> None:
        started.append(stack.start_worker("shut-down", **ENDED, **env))

    yield start
    for child in started:
        stack.stop(child)


def notices(run: Run) -> list[str]:
    events = RunEvent.objects.filter(run=run, type="notice").order_by("seq")
    return [event.data["code"] for event in events]


def test_nothing_is_held_and_nothing_sent(stack: Stack, start_worker, submit, ended) -> None:
    start_worker()
    run = ended(submit(TASK, model=MODEL))

    assert (run.status, run.error["code"]) == (Status.FAILED, "model_unavailable")
    assert run.error["message"] == f"“{MODEL}” was shut down on 1 January 2026."
    assert notices(run) == ["shutdown"]
    assert not Hold.objects.filter(run_id=run.pk).exists()
    assert stack.provider_ledger(run.task) == []


def test_its_fallback_answers(stack: Stack, start_worker, submit, ended, settings: Any) -> None:
    start_worker(MODEL_FALLBACKS=json.dumps({MODEL: OTHER}))
    run = ended(submit(TASK, model=MODEL))

    assert (run.status, run.chosen_model) == (Status.SUCCEEDED, MODEL)
    assert notices(run) == ["shutdown", "fallback"]
    assert {entry["model"] for entry in stack.provider_ledger(run.task)} == {OTHER}
