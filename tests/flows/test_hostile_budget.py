"""A hard budget against providers that cost more than they were asked for."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from billing.models import Budget, BudgetWindow, LedgerEntry, ModelSafety
from billing.selectors.audit import ledger_differences
from billing.services import delete_budget
from runs.models import Run
from runs.states import Status
from tests.factories import set_budget
from tests.flows.model_server import DONE, ModelServer, chunk, delta, usage

pytestmark = pytest.mark.usefixtures("no_worker")
WORDS = "and so on and so forth "


def _endless(cap: int) -> Iterator[bytes]:
    """Words without end, whatever the cap says; so few that a late read brings not many."""
    while True:
        yield delta("endless", content=WORDS * 4)
        time.sleep(0.05)


def _dearer(cap: int) -> Iterator[bytes]:
    """Another model answers, and uses its whole cap."""
    yield delta("dear", "stop", content="The answer is 42.")
    yield chunk("dear", usage=usage(100, cap))
    yield DONE


def _refusing(cap: int) -> Iterator[bytes]:
    """Refuses inside the stream, each time."""
    yield chunk("refusing", error={"code": "server_error", "message": "overloaded"})


def _modest(cap: int) -> Iterator[bytes]:
    """Says fewer tokens in its parts than in its total."""
    yield delta("modest", "stop", content="The answer is 42.")
    yield chunk("modest", usage=usage(100, 20) | {"total_tokens": 160})
    yield DONE


WAYS = {"endless": _endless, "cheap": _dearer, "refusing": _refusing, "modest": _modest}
PRICE = {"input": "1", "cached_input": "0.1", "output": "100"}
DEAR = {"input": "10", "cached_input": "1", "output": "1000"}
PRICES = {**dict.fromkeys(WAYS, PRICE), "dear": DEAR}


@pytest.fixture
def provider(served: Callable[..., ModelServer]) -> Iterator[ModelServer]:
    """A site whose provider is greedy."""
    yield served(WAYS, PRICES)
    assert ledger_differences() == []


@pytest.fixture
def limit() -> Iterator[Callable[[int], Budget]]:
    """Sets a hard budget of the site for the time of the test."""
    made: list[Budget] = []

    def limit(usd: int) -> Budget:
        made.append(set_budget(usd))
        return made[-1]

    yield limit
    for budget in made:
        delete_budget(budget=budget)


def window(budget: Budget) -> BudgetWindow:
    return BudgetWindow.objects.get(budget=budget, simulated=False)


def notices(run: Run) -> dict[str, str]:
    return {e.data["code"]: e.data["message"] for e in run.events.filter(type="notice")}


def test_ten_runs_at_once_against_a_model_that_ignores_its_cap(
    provider: ModelServer, limit, submit, ended
) -> None:
    budget = limit(1)
    before = window(budget).settled_usd
    runs = [submit("What is 6 times 7?", model="endless") for _ in range(10)]
    for run in runs:
        ended(run)

    assert provider.requests == ["endless"], "one call was enough to know it"
    assert ModelSafety.objects.get(model="endless").ignores_cap
    assert {run.error["code"] for run in runs if run.error} == {"model_uncapped"}
    (line,) = LedgerEntry.objects.filter(run_id__in=[run.pk for run in runs])
    assert line.confidence == "estimated"
    received = line.hold.max_output_tokens * Decimal("1.25") + 64
    assert line.output_tokens <= 2 * received + 500, "a second answer at most, and one read"
    spent = window(budget)
    assert spent.held_usd == 0
    assert spent.settled_usd == before + line.amount
    assert spent.settled_usd <= 1 + spent.overrun_usd


def test_a_dearer_model_is_charged_and_the_run_told(
    provider: ModelServer, limit, submit, ended
) -> None:
    budget = limit(10)
    run = ended(submit("What is 6 times 7?", model="cheap"))

    assert run.status == Status.SUCCEEDED
    line = LedgerEntry.objects.get(run_id=run.pk)
    assert (line.output_price, line.confidence) == (Decimal(1000), "exact")
    spent = window(budget)
    assert spent.overrun_usd == line.amount - line.hold.amount > 0
    told = notices(run)
    assert "“cheap” was asked for, and “dear” answered" in told["served_other"]
    assert "more than was held" in told["overrun"]
    assert run.warnings == [told["served_other"]]


def test_a_refusal_inside_the_stream_costs_nothing(
    provider: ModelServer, limit, submit, ended
) -> None:
    budget = limit(100)
    before = window(budget).settled_usd
    run = ended(submit("What is 6 times 7?", model="refusing"))
    assert (run.status, run.cost_usd) == (Status.FAILED, 0)
    assert len(provider.requests) == 3
    assert (window(budget).settled_usd, window(budget).held_usd) == (before, 0)


def test_what_only_the_total_counts_is_charged(provider: ModelServer, limit, submit, ended) -> None:
    limit(100)
    run = ended(submit("What is 6 times 7?", model="modest"))
    assert run.status == Status.SUCCEEDED
    assert run.cost_usd == Decimal("0.0001") + 60 * Decimal("0.0001")
    assert ModelSafety.objects.get(model="modest").keeps_cap
