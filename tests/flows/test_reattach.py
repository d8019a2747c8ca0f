"""Answers of calls whose worker was killed are found again: read on, or asked about."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from agentsite.simulator.server.app import key_id
from billing.models import Hold, LedgerEntry, Reconciliation
from billing.selectors.audit import ledger_differences
from runs.models import Run, Step
from runs.reconcile.services import ask_to_fetch
from runs.states import Status
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.providers import openai
from tests.stack import Stack, kill_now, wait_for

pytestmark = pytest.mark.usefixtures("no_worker")
# What observes a run doesn't stand between it and its provider; nobody collects these traces.
TRACED = {"TRACING": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
# Its second answer takes some seconds to be written.
SLOW_SECOND_CALL = "What is 17 % of 2,340, minus 58? [sim: rate=2 on=2]"
# This one is written until its reader is gone.
ENDLESS_SECOND_CALL = "What is 17 % of 2,340, minus 58? [sim: rate=0.2 on=2]"


def second_call_has_an_id(run: Run):
    return Step.objects.filter(
        run=run, key__contains="t2", status="started", answer_id__isnull=False
    ).exists


def test_a_killed_workers_answer_is_read_on_and_bought_once(stack: Stack, submit, ended) -> None:
    env = {"OPENAI_REATTACH": "background", **TRACED}
    first = stack.start_worker("killed-background", **env)
    run = submit(SLOW_SECOND_CALL)
    wait_for(second_call_has_an_id(run))
    kill_now(first)
    heir = stack.start_worker("heir-background", **env)
    ended(run)
    stack.stop(heir)

    assert (run.status, run.attempt) == (Status.SUCCEEDED, 2)
    assert "339.8" in run.answer
    billed = stack.provider_ledger(run.task)
    assert [row["status"] for row in billed] == ["completed", "completed"]
    lines = LedgerEntry.objects.filter(run_id=run.pk).order_by("id")
    assert [line.confidence for line in lines] == ["exact", "exact"]
    assert not lines.filter(reverses__isnull=False).exists()
    assert_never_below_the_provider(run, billed)
    (second,) = run.steps.filter(key__contains="t2", kind="llm")
    assert (second.attempt, second.status, second.confidence) == (1, "done", "exact")
    (notice,) = run.events.filter(type="notice", data__code="worker_lost")
    assert notice.data["in_doubt_calls"] == 0
    finished = run.events.filter(type="step.finished", data__key=second.key)
    assert finished.count() == 1
    assert not Hold.objects.filter(run_id=run.pk, state__in=["held", "dispatched"]).exists()
    assert ledger_differences() == []


def test_a_worker_that_ends_leaves_its_answer_to_the_next_one(stack: Stack, submit, ended) -> None:
    env = {"OPENAI_REATTACH": "background", "WORKER_GRACE_S": "0"}
    first = stack.start_worker("ending-background", **env)
    run = submit(SLOW_SECOND_CALL)
    wait_for(second_call_has_an_id(run))
    assert stack.stop(first) == 0
    run.refresh_from_db()
    assert (run.status, run.in_doubt_usd) == (Status.QUEUED, 0)
    heir = stack.start_worker("next-background", **env)
    ended(run)
    stack.stop(heir)

    assert (run.status, run.attempt) == (Status.SUCCEEDED, 1)
    billed = stack.provider_ledger(run.task)
    assert [row["status"] for row in billed] == ["completed", "completed"]
    lines = LedgerEntry.objects.filter(run_id=run.pk)
    assert [line.confidence for line in lines] == ["exact", "exact"]
    assert run.cost_usd == _billed(stack, run)
    codes = run.events.filter(type="notice").values_list("data__code", flat=True)
    assert "handed_back" in codes
    assert not run.events.filter(type="step.failed").exists()


def test_a_broken_connection_to_an_answer_is_made_anew(stack: Stack, submit, ended) -> None:
    worker = stack.start_worker("broken-background", OPENAI_REATTACH="background")
    run = submit("What is 17 % of 2,340, minus 58? [sim: cut=3 rate=30]")
    ended(run)
    stack.stop(worker)

    assert run.status == Status.SUCCEEDED
    assert {row["status"] for row in stack.provider_ledger(run.task)} == {"completed"}
    assert run.estimated_usd == run.in_doubt_usd == 0
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_cancelled_runs_answer_is_stopped_at_the_provider(
    stack: Stack, submit, ended, api
) -> None:
    worker = stack.start_worker("cancelled-background", OPENAI_REATTACH="background")
    run = submit(ENDLESS_SECOND_CALL)
    wait_for(second_call_has_an_id(run))
    assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
    ended(run)
    wait_for(lambda: len(stack.provider_ledger(run.task)) == 2)
    # Asked afterwards, the provider says what it had written.
    wait_for(lambda: not Run.objects.get(pk=run.pk).in_doubt_usd)
    stack.stop(worker)
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert run.cost_usd == _billed(stack, run)


@pytest.mark.parametrize("way", ["stored", "generation"])
def test_a_killed_workers_doubt_is_asked_about(stack: Stack, submit, ended, way) -> None:
    first = stack.start_worker(f"killed-{way}", OPENAI_REATTACH=way)
    run = submit(ENDLESS_SECOND_CALL)
    if way == "generation":
        wait_for(second_call_has_an_id(run))
    else:
        wait_for(lambda: stack.provider_answers(run.task) == 1 and _second_began(run))
    kill_now(first)
    heir = stack.start_worker(f"heir-{way}", OPENAI_REATTACH=way)
    ended(run)
    wait_for(lambda: not Run.objects.get(pk=run.pk).in_doubt_usd)
    stack.stop(heir)
    run.refresh_from_db()

    assert run.status == Status.SUCCEEDED
    assert len(stack.provider_ledger(run.task)) == 3
    assert run.cost_usd == _billed(stack, run)
    confidences = LedgerEntry.objects.filter(run_id=run.pk, reverses=None, reversed_by=None)
    assert set(confidences.values_list("confidence", flat=True)) == {"exact"}
    assert ledger_differences() == []


def _second_began(run: Run) -> bool:
    return Step.objects.filter(run=run, key__contains="t2", status="started").exists()


def _billed(stack: Stack, run: Run) -> Decimal:
    """What the provider's own count costs."""
    rows = stack.provider_ledger(run.task)
    return sum(
        (
            Decimal("0.4") * (row["prompt_tokens"] - row["cached_tokens"])
            + Decimal("0.1") * row["cached_tokens"]
            + Decimal("1.6") * row["completion_tokens"]
            for row in rows
        ),
        Decimal(0),
    ) / Decimal(10**6)


def test_a_days_bill_is_fetched_and_explained(stack: Stack, submit, ended, settings) -> None:
    """A complete answer, and one whose worker was killed."""
    key = f"sk-{uuid4().hex}"
    env = {
        "OPENAI_BASE_URL": f"{stack.simulator_url}/v1",
        "OPENAI_API_KEY": key,
        "OPENAI_MODELS": "gpt-4.1-mini",
        "OPENAI_ADMIN_KEY": "sk-admin",
        "RECONCILE_AFTER_MIN": "0",
    }
    settings.SIMULATED = False
    settings.OPENAI_ADMIN_KEY = "sk-admin"
    settings.PROVIDERS = openai(("gpt-4.1-mini",), base_url=env["OPENAI_BASE_URL"])
    settings.PROVIDER_MODELS = ("gpt-4.1-mini",)
    first = stack.start_worker("billed", **env)
    began = timezone.now().replace(second=0, microsecond=0)
    whole = ended(submit("What is 6 * 7?", model="gpt-4.1-mini"))
    killed = submit(ENDLESS_SECOND_CALL, model="gpt-4.1-mini")
    wait_for(lambda: stack.provider_answers(killed.task) == 1 and _second_began(killed))
    kill_now(first)
    heir = stack.start_worker("bills", **env)
    ended(killed)
    assert killed.in_doubt_usd

    def compared() -> Reconciliation | None:
        """Once the minutes of all calls are over: what isn't complete is left alone."""
        one = ask_to_fetch(
            provider="openai",
            start=began,
            end=timezone.now() + timedelta(minutes=1),
            api_keys=[key_id(key)],
        )
        wait_for(lambda: Reconciliation.objects.get(pk=one.pk).has_ended)
        one.refresh_from_db()
        return one if not Run.objects.get(pk=killed.pk).in_doubt_usd else None

    last = wait_for(compared, every=5)
    assert last is not None
    assert (last.state, last.unexplained, len(last.resolved)) == ("agrees", 0, 1)
    stack.stop(heir)
    killed.refresh_from_db()
    assert killed.in_doubt_usd == 0
    assert killed.cost_usd == _billed(stack, killed)
    assert whole.cost_usd == _billed(stack, whole)
    call_command("audit_ledger", stdout=StringIO())
