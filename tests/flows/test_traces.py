"""A run's trace on a running site: from the request over two workers to the last call."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from django.db import transaction

from agentsite.local.ports import free_port
from billing.models import LedgerEntry
from runs.models import Run, Step
from runs.states import Status
from tests.collector import Collector, Span, collecting
from tests.stack import Stack, wait_for

TRACE, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
MARK = "Zanzibar"
# The second call writes until it is cut; the third request, which repeats it, is as fast as any.
TASK = f"What is 17 % of 2,340, minus 58? {MARK} [sim: rate=0.2 on=2]"
CALLS = "gen_ai.client.inference.duration"


def tracing(url: str) -> dict[str, str]:
    return {
        "TRACING": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20of-the-site",
        # Only the end of a process is to bring what it has.
        "OTEL_BSP_SCHEDULE_DELAY": "600000",
    }


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced(
    stack: Stack, no_worker: None, live_env: dict[str, str], collector: Collector, tmp_path: Path
) -> Iterator[Stack]:
    """A web process that traces, at the common simulator."""
    traced = Stack(tmp_path, {**live_env, **tracing(collector.url)})
    traced.simulator_url = stack.simulator_url
    traced.env["SIMULATOR_URL"] = stack.env["SIMULATOR_URL"]
    traced.start_web()
    traced.wait_for_http(f"{traced.web_url}/healthz")
    yield traced
    traced.close()


def submitted(traced: Stack, key: str) -> Run:
    headers = {"Authorization": f"Token {key}", "traceparent": f"00-{TRACE}-{CLIENT}-01"}
    body = {"task": TASK, "tools": ["calculator"], "session_id": "chat-7"}
    answer = httpx2.post(f"{traced.web_url}/api/v1/runs/", json=body, headers=headers, timeout=60)
    return Run.objects.get(pk=answer.raise_for_status().json()["id"])


def costs_by_step(spans: list[Span]) -> dict[tuple[str, int], Decimal]:
    """What the spans of calls say that they cost."""
    return {
        (one.attributes["agentsite.step.key"], one.attributes["agentsite.step.attempt"]): Decimal(
            one.attributes["agentsite.cost_usd"]
        )
        for one in spans
    }


def assert_costs_are_the_ledgers(run: Run, spans: list[Span]) -> None:
    """To the last digit, attempt by attempt; and so are the sums of the stays."""
    lines = LedgerEntry.objects.filter(run_id=run.pk).values_list("step_key", "attempt", "amount")
    charged = {(key, attempt): amount for key, attempt, amount in lines}
    told = costs_by_step([one for one in spans if one.name.startswith("chat")])
    assert {step: usd for step, usd in told.items() if usd} == charged
    stays = [one for one in spans if one.name.startswith("invoke_agent")]
    stayed = sum(Decimal(one.attributes["agentsite.cost_usd"]) for one in stays)
    assert stayed == sum(charged.values()) == run.cost_usd > 0


def test_a_run_that_changes_workers_stays_in_one_trace(
    traced: Stack, collector: Collector, key: str, ended, submit
) -> None:
    first = traced.start_worker("traced")
    run = submitted(traced, key)
    second_call = Step.objects.filter(run=run, key__contains="t2", status="started")
    wait_for(lambda: second_call.exists() and traced.provider_answers(run.task) == 1)
    assert collector.spans == []
    assert traced.stop(first) == 0
    second = traced.start_worker("heir")
    ended(run)
    # As two dead workers leave it: it executes in a process of its own.
    with transaction.atomic():
        suspect = submit("What is 6 * 7?")
        assert Run.objects.filter(pk=suspect.pk, status="queued").update(attempt=3) == 1
    ended(suspect)
    assert traced.stop(second) == 0
    assert traced.web is not None
    assert traced.stop(traced.web) == 0

    assert (run.status, run.answer is not None) == (Status.SUCCEEDED, True)
    (request,) = collector.named("POST", TRACE)
    assert (request.name, request.parent_id) == ("POST /api/v1/runs/", CLIENT)
    assert run.traceparent == f"00-{TRACE}-{request.id}-01"
    call = f"chat {run.chosen_model}"
    assert collector.tree(request.id) == [
        ("invoke_agent react", [(call, []), ("execute_tool calculator", []), (call, [])]),
        ("invoke_agent react", [(call, [])]),
    ]
    left, stayed = collector.named("invoke_agent", TRACE)
    assert left.attributes["agentsite.run.outcome"] == "handed_back"
    assert stayed.attributes["agentsite.run.status"] == "succeeded"
    assert left.attributes["agentsite.run.id"] == stayed.attributes["agentsite.run.id"]
    # What was bought before is no call of the second worker.
    ((name, replayed),) = stayed.events
    bought = run.steps.get(kind="llm", status="done", replayed=True)
    assert (name, replayed["agentsite.step.key"]) == ("replayed", bought.key)
    assert Decimal(replayed["agentsite.saved_usd"]) == bought.cost_usd

    in_trace = collector.named("", TRACE)
    assert {one.trace_id for one in collector.spans} >= {TRACE, suspect.pk.hex}
    assert_costs_are_the_ledgers(run, in_trace)
    assert {one.attributes["gen_ai.conversation.id"] for one in in_trace if one is not request} == {
        "chat-7"
    }
    alone = collector.named("", suspect.pk.hex)
    assert_costs_are_the_ledgers(suspect, alone)
    pids = {one.resource["process.pid"] for one in (stayed, *alone)}
    assert (suspect.attempt, len(pids)) == (3, 2)
    assert sum(one.count for one in collector.points if one.metric == CALLS) >= 3

    assert {one["authorization"] for one in collector.headers} == {"Basic of-the-site"}
    assert MARK.encode() not in collector.raw
    logs = (traced.folder / "heir.log").read_text()
    assert "Traceback" not in logs


def test_a_collector_that_is_away_costs_no_run(
    stack: Stack, no_worker: None, submit, ended
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    worker = stack.start_worker("untold", **{**tracing(nowhere), "OTEL_BSP_SCHEDULE_DELAY": "10"})
    runs = [ended(submit("What is 6 * 7?")) for _ in range(2)]
    assert {run.status for run in runs} == {Status.SUCCEEDED}
    assert stack.stop(worker) == 0
