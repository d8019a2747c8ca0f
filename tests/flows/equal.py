"""Equal tasks on a site that keeps answers: submitting them, and watching who waits for whom."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from runs.models import Run
from runs.states import Status
from tests.stack import Stack

QUICK = "What is 17 % of 2,340, minus 58?"
SLOW = f"{QUICK} [sim: tokens_per_s=10 on=2]"
# Its second call writes until it is cut.
ENDLESS = f"{QUICK} [sim: rate=0.2 on=2]"
CACHE = {"RESULT_CACHE_S": "3600"}


@pytest.fixture
def submit_equal(key: str, settings: Any) -> Callable[..., Run]:
    """Submit one task, unique to the test, as often as it is called."""
    settings.RESULT_CACHE_S = 3600
    mark = uuid4().hex

    def submit(task: str, **body: Any) -> Run:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        body |= {"task": f"{task} ({mark})"}
        answer = client.post("/api/v1/runs/", body, format="json")
        assert answer.status_code == 202, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    return submit


def follows(run: Run) -> Callable[[], bool]:
    """True once the run waits for an equal one."""
    return run.events.filter(data__code="equal_run").exists


def in_second_call(run: Run, stack: Stack) -> Callable[[], bool]:
    """True while the provider answers the run's second call."""
    second = run.steps.filter(key__contains="t2", status="started")
    return lambda: second.exists() and stack.provider_answers(run.task) == 1


def assert_free_of(leader: Run, follower: Run) -> None:
    """The follower has the leader's answer, and paid nothing for it."""
    assert (follower.status, follower.answer) == (Status.SUCCEEDED, leader.answer)
    assert (follower.cache_hit, follower.paid_by, follower.cost_usd) == (True, leader, 0)
    assert follower.saved_usd == leader.cost_usd > 0
    assert follower.events.latest("seq").type == "run.finished"
