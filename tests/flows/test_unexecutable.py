"""Queued runs that can no longer be executed as they were accepted: they fail, and cost nothing."""

from itertools import product

import pytest

from runs.models import Run
from runs.states import Status
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("no_worker")


def change(run: Run, **fields: object) -> None:
    assert Run.objects.filter(pk=run.pk, status=Status.QUEUED).update(**fields) == 1


REASONS: tuple[tuple[str, dict[str, object]], ...] = (
    ("unpriced_model", {"chosen_model": "a-model-without-a-price"}),
    ("provider_changed", {"provider": "openai", "simulated": False}),
)


def test_it_fails_with_the_reason(stack: Stack, submit, ended) -> None:
    expected = []
    for attempt, (code, fields) in product((1, 3), REASONS):
        run = submit("What is 6 times 7?")
        change(run, attempt=attempt, **fields)
        expected.append((run, attempt, code))
    worker = stack.start_worker("finds-reasons")
    for run, _, _ in expected:
        ended(run)
    assert stack.stop(worker) == 0
    for run, attempt, code in expected:
        assert (run.status, run.error["code"]) == (Status.FAILED, code)
        assert (run.attempt, run.cost_usd, run.held_usd) == (attempt, 0, 0)
        assert stack.provider_ledger(run.task) == []


def test_a_role_s_model_that_another_provider_has_now_is_not_called(
    stack: Stack, submit, ended
) -> None:
    run = submit("What is 6 times 7?")
    assert set(run.config["providers"]) == {run.chosen_model}
    change(run, config={**run.config, "providers": {"gpt-of-a-role": "before"}})
    worker = stack.start_worker("finds-a-role")
    ended(run)
    assert stack.stop(worker) == 0
    assert (run.status, run.error["code"]) == (Status.FAILED, "provider_changed")
    assert "gpt-of-a-role" in run.error["message"]
    assert (run.cost_usd, stack.provider_ledger(run.task)) == (0, [])


def test_a_prompt_that_repeats_its_findings_spends_no_more_than_its_limit(
    stack: Stack, submit, ended
) -> None:
    run = submit(
        "Work out 6 times 7. [sim: loop reasoning=800]",
        tools=["calculator"],
        max_cost_usd="0.0098",
        prompts={"close": {"user": "{task}" + "{findings}" * 2000}},
    )
    worker = stack.start_worker("repeats")
    ended(run)
    assert stack.stop(worker) == 0
    assert (run.status, run.error["code"]) == (Status.FAILED, "budget_exceeded")
    assert run.cost_usd <= run.max_cost_usd
