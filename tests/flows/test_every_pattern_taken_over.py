"""A worker with a run of each pattern is killed in mid-run; another one ends them all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from billing.models import LedgerEntry
from runs.engine.registry import PATTERNS
from runs.models import Run, Step
from runs.states import Status
from tests.flows.provider_bill import assert_books_are_the_providers
from tests.stack import Stack, kill_now, wait_for

TASK = "What is 17 % of 2,340, and what is 12*12?"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a pattern's worker dies: its call number `slow`, and the next ones beside it, are being
    written, and so many steps are finished."""

    slow: int
    finished: int
    beside: int = 1

    @property
    def directive(self) -> str:
        """Lets these calls last until they are cut."""
        return f"[sim: rate=0.1 on={self.slow} times={self.beside}]"

    def has_come(self, run: Run, stack: Stack) -> bool:
        """Whether the run is there."""
        steps = Counter(run.steps.values_list("kind", "status"))
        done = steps["llm", "done"] + steps["tool", "done"]
        here = (done, steps["llm", "started"]) == (self.finished, self.beside)
        return here and stack.provider_answers(run.task) == self.beside


MOMENTS = {
    "react": Moment(slow=2, finished=3),  # its two tools are
    "reflection": Moment(slow=3, finished=2),
    "reflexion": Moment(slow=3, finished=2),
    "plan_and_solve": Moment(slow=2, finished=2),  # the step beside it is
    "self_discovery": Moment(slow=4, finished=4),  # the part beside it is
    "rewoo": Moment(slow=2, finished=3),  # its two tools are
    "llm_compiler": Moment(slow=2, finished=3),  # its two tools are
    "lats": Moment(slow=3, finished=4),  # its two tools are
    "storm": Moment(slow=3, finished=3, beside=2),  # one viewpoint's questions are
}


@pytest.fixture
def submitted(api: APIClient, stack: Stack, settings: Any) -> Callable[[str, str], Run]:
    """Submit a task to this pattern."""
    settings.TOOL_SECRETS = {"search_url": f"{stack.simulator_url}/sim/search"}

    def submitted(pattern: str, task: str) -> Run:
        body = {"task": task, "pattern": pattern}
        answer = api.post("/api/v1/runs/", body, format="json")
        assert answer.status_code == 202, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    return submitted


def done(run: Run) -> list[str]:
    """The keys of the steps that are done, each as often as it is."""
    return sorted(run.steps.filter(status="done").values_list("key", flat=True))


def test_every_pattern_survives_a_kill_and_buys_nothing_twice(
    stack: Stack, no_worker, submitted, ended
) -> None:
    assert MOMENTS.keys() == PATTERNS.keys()
    names = {pattern: uuid4().hex for pattern in MOMENTS}
    doomed = stack.start_worker("doomed")
    wholes = {pattern: submitted(pattern, f"{TASK} ({names[pattern]})") for pattern in MOMENTS}
    runs = {
        pattern: submitted(pattern, f"{TASK} {moment.directive} ({names[pattern]})")
        for pattern, moment in MOMENTS.items()
    }
    for whole in wholes.values():
        ended(whole)
    for pattern, moment in MOMENTS.items():
        wait_for(partial(moment.has_come, runs[pattern], stack))
    bought = {pattern: [*run.steps.filter(status="done")] for pattern, run in runs.items()}
    kill_now(doomed)
    heir = stack.start_worker("heir_of_all")
    for run in runs.values():
        ended(run)
    stack.stop(heir)
    for pattern, run in runs.items():
        assert_taken_over(run, wholes[pattern], bought[pattern], stack)
        in_flight = MOMENTS[pattern].beside
        doubts = LedgerEntry.objects.filter(run_id=run.pk, confidence="in_doubt")
        assert doubts.count() == in_flight, pattern
        ways = Counter(entry["status"] for entry in stack.provider_ledger(run.task))
        assert ways["completed"] == len(stack.provider_ledger(wholes[pattern].task)), pattern
        assert ways["client_gone"] == in_flight, pattern


def assert_taken_over(run: Run, whole: Run, bought: list[Step], stack: Stack) -> None:
    """It ended as the run that nobody killed; what was finished before is read back, not bought."""
    assert (run.status, run.attempt) == (Status.SUCCEEDED, 2), run.error
    assert (run.answer, run.answer_kind) == (whole.answer, "final"), run.pattern
    assert done(run) == done(whole), run.pattern
    for step in bought:
        step.refresh_from_db()
        assert step.status == "done", step.key
        assert step.replayed == (step.kind == Step.Kind.LLM), step.key
    assert run.saved_usd == sum((step.cost_usd for step in bought), Decimal(0))
    assert run.events.filter(type="notice", data__code="recovered").count() == 1
    assert_books_are_the_providers(run, stack)
