"""A run whose money runs out is told to conclude, and still answers."""

from decimal import Decimal

from billing.models import BudgetWindow
from runs.presenters.run_page import run_page
from runs.selectors.journal import books, journal
from runs.states import Status
from tests.factories import set_budget
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.stack import Stack

# Each call bills 800 hidden tokens: two of them and the closing call fit, a third does not.
TASK = "Work out 6 times 7. [sim: loop reasoning=800]"
LIMIT = Decimal("0.0098")


def test_its_own_cap_ends_it_with_what_it_has(stack: Stack, worker, submit, ended, api) -> None:
    run = ended(submit(TASK, tools=["calculator"], max_cost_usd=str(LIMIT)))

    assert (run.status, run.stop_reason) == (Status.SUCCEEDED, "budget"), run.error
    assert run.answer_kind == "best_effort"
    assert run.answer
    assert 0 < run.cost_usd <= LIMIT
    notice = run.events.get(type="notice", data__code="out_of_money").data
    assert (notice["scope"], Decimal(notice["limit_usd"])) == ("run", LIMIT)
    page = run_page(run, journal(run), books(run), None, None)
    assert page.alert is not None
    assert "cost limit of $0.0098 was reached" in page.alert.lead
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))


def test_a_budget_does_so_too_and_then_refuses_the_next(
    stack: Stack, worker, submit, ended, api, owner
) -> None:
    budget = set_budget(LIMIT, scope="user", user=owner)
    run = ended(submit(TASK, tools=["calculator"]))
    window = BudgetWindow.objects.get(budget=budget, simulated=True)
    assert (run.status, run.answer_kind) == (Status.SUCCEEDED, "best_effort")
    assert (window.settled_usd, window.held_usd) == (run.cost_usd, 0)
    assert window.settled_usd <= window.limit_usd
    answer = api.post("/api/v1/runs/?wait=5", {"task": "x" * 4000}, format="json")
    assert (answer.status_code, answer.json()["scope"]) == (402, "user")
