"""Whatever the provider does: a clear end, and the right bill."""

from decimal import Decimal

import pytest

from billing.models import LedgerEntry
from runs.models import Run
from runs.states import Status
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.stack import Stack

TASK = "What is 17 % of 2,340, minus 58?"


def confidences(run: Run) -> list[str]:
    return sorted(LedgerEntry.objects.filter(run_id=run.pk).values_list("confidence", flat=True))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refused_call_is_tried_again_and_costs_nothing(
    stack: Stack, worker, submit, ended, status: int
) -> None:
    run = ended(submit(f"{TASK} [sim: status={status} times=1]"))
    assert run.status == Status.SUCCEEDED
    refused = run.steps.get(status="failed")
    assert (refused.attempt, refused.cost_usd) == (1, 0)
    assert confidences(run) == ["exact", "exact"]
    assert_never_below_the_provider(
        run, [e for e in stack.provider_ledger(run.task) if e["status"] == "completed"]
    )


def test_a_provider_that_only_refuses_fails_the_run_for_nothing(
    stack: Stack, worker, submit, ended
) -> None:
    run = ended(submit(f"{TASK} [sim: status=500]"))
    assert (run.status, run.cost_usd) == (Status.FAILED, Decimal(0))
    assert run.error["code"]
    assert run.error["message"]
    assert LedgerEntry.objects.filter(run_id=run.pk).count() == 0


def test_a_rejected_request_is_not_tried_again(stack: Stack, worker, submit, ended) -> None:
    run = ended(submit(f"{TASK} [sim: status=400]"))
    assert (run.status, run.cost_usd) == (Status.FAILED, Decimal(0))
    assert run.steps.count() == 1


def test_an_answer_without_usage_is_estimated(stack: Stack, worker, submit, ended) -> None:
    run = ended(submit(f"{TASK} [sim: no_usage]"))
    assert run.status == Status.SUCCEEDED
    assert confidences(run) == ["estimated", "estimated"]
    assert run.estimated_usd == run.cost_usd
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


@pytest.mark.parametrize("fault", ["cut=5", "broken_json"])
def test_a_broken_stream_is_charged_as_estimated_and_tried_again(
    stack: Stack, worker, submit, ended, fault: str
) -> None:
    run = ended(submit(f"{TASK} [sim: {fault} on=2]"))
    assert run.status == Status.SUCCEEDED
    assert "estimated" in confidences(run)
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_provider_that_hangs_is_charged_in_doubt(stack: Stack, no_worker, submit, ended) -> None:
    stack.start_worker("impatient", PROVIDER_TIMEOUT_S="3")
    run = ended(submit(f"{TASK} [sim: hang on=1]"))
    assert run.in_doubt_usd > 0
    assert "in_doubt" in confidences(run)
    assert run.ended
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))
