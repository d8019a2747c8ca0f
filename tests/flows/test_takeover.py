"""A run survives its worker, killed, hung or stopped; nothing finished is bought twice."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from billing.models import Hold, LedgerEntry
from runs.models import Run, Step
from runs.states import Status
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.stack import Stack, freeze, kill_now, thaw, wait_for

pytestmark = pytest.mark.usefixtures("no_worker")

# The second call writes until it is cut; the third request, which repeats it, is as fast as any.
SLOW_SECOND_CALL = "What is 17 % of 2,340, minus 58? [sim: rate=0.2 on=2]"


def second_call_streams(run: Run, stack: Stack) -> Callable[[], bool]:
    second = Step.objects.filter(run=run, key__contains="t2", status="started")
    return lambda: second.exists() and stack.provider_answers(run.task) == 1


def test_a_killed_worker_pays_once(stack: Stack, submit, ended) -> None:
    first = stack.start_worker("killed")
    run = submit(SLOW_SECOND_CALL)
    wait_for(second_call_streams(run, stack))
    bought_before = run.steps.get(status="done", kind="llm")
    kill_now(first)
    second = stack.start_worker("heir")
    ended(run)
    stack.stop(second)

    assert (run.status, run.attempt) == (Status.SUCCEEDED, 2)
    assert "339.8" in run.answer
    finished = Counter(run.steps.filter(status="done").values_list("key", flat=True))
    assert set(finished.values()) == {1}
    bought_before.refresh_from_db()
    assert bought_before.replayed
    assert run.saved_usd == bought_before.cost_usd
    (recovered,) = run.events.filter(type="notice", data__code="recovered")
    # The call and the tool that it used are finished.
    assert recovered.data["message"].startswith("Recovered at step 3, saved $0.0")
    assert Decimal(recovered.data["saved_usd"]) == run.saved_usd
    billed = stack.provider_ledger(run.task)
    ways = Counter(entry["status"] for entry in billed)
    assert ways["completed"] == 2, "each call, and none of them twice"
    assert ways["client_gone"] == len(billed) - 2 == 1, "the call in flight"
    in_doubt = LedgerEntry.objects.get(run_id=run.pk, confidence="in_doubt")
    assert run.in_doubt_usd == in_doubt.amount
    assert_never_below_the_provider(run, billed)


def test_a_hung_worker_loses_its_runs_and_is_fenced(stack: Stack, submit, ended) -> None:
    hung = stack.start_worker("hung")
    run = submit(SLOW_SECOND_CALL)
    wait_for(second_call_streams(run, stack))
    freeze(hung)
    heir = stack.start_worker("heir2")
    ended(run)
    thaw(hung)
    # The woken worker drops the run. What it knows exactly replaces the doubt, its guess doesn't.
    stack.stop(hung)
    stack.stop(heir)
    run.refresh_from_db()
    confidences = LedgerEntry.objects.filter(run_id=run.pk).values_list("confidence", flat=True)
    assert set(confidences) <= {"exact", "in_doubt"}
    assert (run.status, run.attempt) == (Status.SUCCEEDED, 2)
    assert run.events.latest("seq").type == "run.finished"
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_stopped_worker_hands_its_runs_back(stack: Stack, submit, ended) -> None:
    first = stack.start_worker("polite")
    run = submit(SLOW_SECOND_CALL)
    wait_for(second_call_streams(run, stack))
    assert stack.stop(first) == 0
    run.refresh_from_db()
    assert (run.status, run.attempt) == (Status.QUEUED, 1)
    closing = Hold.objects.get(run_id=run.pk, state="held")
    assert (closing.kind, run.held_usd) == ("closing", closing.amount)
    second = stack.start_worker("next")
    ended(run)
    stack.stop(second)
    assert (run.status, run.attempt) == (Status.SUCCEEDED, 1)
    assert run.in_doubt_usd == 0
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))
