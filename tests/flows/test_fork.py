"""A fork buys what its source had not, also when its worker dies; the books agree."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import LedgerEntry
from runs.models import Run, Step
from runs.states import Status
from tests.stack import Stack, kill_now, wait_for

THOUGHT, ANSWER = "react/t1/think", "react/t2/think"
SUM = "What is 17 % of 2,340, minus 58?"


@pytest.fixture
def fork(api: APIClient) -> Callable[..., Run]:
    def fork(source: Run, step: str, **body: Any) -> Run:
        given = {"fork": {"run": str(source.pk), "step": step}, **body}
        answer = api.post("/api/v1/runs/", given, format="json")
        assert answer.status_code == 202, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    return fork


def llm_keys(run: Run) -> list[str]:
    return list(run.steps.filter(kind="llm", status="done").values_list("key", flat=True))


def assert_goes_on_from(source: Run, run: Run, stack: Stack) -> None:
    """It paid for what it bought, saved what it read back, and nothing was bought twice."""
    assert run.status == Status.SUCCEEDED
    taken = run.steps.filter(taken_usd__isnull=False)
    assert run.saved_usd == sum((step.taken_usd for step in taken), Decimal(0)) > 0
    assert all(taken.filter(kind="llm").values_list("replayed", flat=True))
    own = LedgerEntry.objects.filter(run_id=run.pk, confidence="exact")
    assert own.count() == run.llm_calls == len(llm_keys(source)) - taken.filter(kind="llm").count()
    replays = run.events.filter(type="step.finished", data__replayed=True)
    assert {event.data["cost_usd"] for event in replays} == {"0"}
    assert sum(Decimal(event.data["saved_usd"]) for event in replays) == run.saved_usd


def test_a_fork_buys_only_what_is_left(stack: Stack, worker, submit, fork, ended) -> None:
    source = ended(submit(SUM))
    tool = source.steps.get(kind="tool").key
    run = ended(fork(source, tool, model="gpt-4.1", custom_instructions="Be brief."))

    assert_goes_on_from(source, run, stack)
    assert "339.8" in run.answer
    billed = stack.provider_ledger(source.task)
    assert [line["model"] for line in billed] == [source.chosen_model] * 2 + ["gpt-4.1"]
    codes = [event.data["code"] for event in run.events.filter(type="notice")]
    assert codes == ["forked"]


def test_a_fork_after_the_last_step_costs_nothing(stack, worker, submit, fork, ended) -> None:
    source = ended(submit(SUM))
    run = ended(fork(source, ANSWER))

    assert (run.status, run.answer) == (Status.SUCCEEDED, source.answer)
    assert (run.cost_usd, run.llm_calls, run.saved_usd) == (0, 0, source.cost_usd)
    assert len(stack.provider_ledger(source.task)) == source.llm_calls


@pytest.mark.usefixtures("no_worker")
def test_a_fork_survives_its_worker(stack: Stack, submit, fork, ended) -> None:
    first = stack.start_worker("source")
    source = ended(submit(f"{SUM} [sim: tokens_per_s=12 on=2] [sim: rate=0.2 on=3]"))
    run = fork(source, THOUGHT)
    wait_for(Step.objects.filter(run=run, key=ANSWER, status="started").exists)
    wait_for(lambda: stack.provider_answers(run.task) == 1)
    kill_now(first)
    heir = stack.start_worker("heir of a fork")
    ended(run)
    stack.stop(heir)

    assert run.attempt == 2
    saved = run.steps.get(key=THOUGHT).taken_usd
    assert (run.status, run.saved_usd) == (Status.SUCCEEDED, saved)
    assert run.steps.filter(kind="tool").count() == 1
    assert len(stack.provider_ledger(source.task)) == source.llm_calls + 2
