"""The audit finds every figure that disagrees with the ledger, and keeps its result."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from billing.models import Audit, BudgetWindow, Hold, RunRollup, SpendTally, UsageRollup
from billing.selectors.audit import latest_audit, ledger_differences
from billing.services import create_budget, record_audit
from billing.tasks import audit_ledger
from runs.models import OwnerTally, Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


@pytest.fixture
def run(alice: Any) -> Run:
    """A run that has bought, and that holds money, under budgets of every scope."""
    token = ApiTokenFactory.create(user=alice)
    for scope in ({"scope": "site"}, {"scope": "user", "user": alice}):
        create_budget(period="month", limit_usd=Decimal(1), timezone="Asia/Kathmandu", **scope)
    create_budget(scope="token", period="total", limit_usd=Decimal(1), api_token=token)
    run = journal.start(RunFactory.create(owner=alice, api_token=token))
    journal.buy(run)
    journal.dispatch(run, "react/t2/think")
    return run


def found() -> list[str]:
    return sorted({difference.what for difference in ledger_differences()})


def test_books_that_agree_have_no_difference(run):
    assert ledger_differences() == []


@pytest.mark.parametrize(
    ("model", "field", "what"),
    [
        (Run, "cost_usd", "Cost of run"),
        (Run, "in_doubt_usd", "Dollars in doubt of run"),
        (Run, "estimated_usd", "Estimated dollars of run"),
        (Run, "held_usd", "Money held for run"),
        (RunRollup, "amount", "Kept sum of run"),
        (UsageRollup, "amount", "Daily sum"),
        (BudgetWindow, "settled_usd", "Settled in budget period"),
        (BudgetWindow, "held_usd", "Held in budget period"),
    ],
)
def test_a_changed_figure_is_found(run, model, field, what):
    row = model.objects.filter(**{f"{field}__gte": 0}).first()
    model.objects.filter(pk=row.pk).update(**{field: getattr(row, field) + CENT})
    (difference,) = ledger_differences()
    assert difference.what == what
    assert difference.recorded - difference.ledger == CENT


@pytest.mark.parametrize(
    ("field", "figure"),
    [
        *(("runs", "runs"), ("cost_usd", "cost"), ("saved_usd", "saved")),
        ("routing_saved_usd", "saved by routing"),
    ],
)
def test_a_changed_sum_of_ended_runs_is_found(alice, field, figure):
    journal.succeed(RunFactory.create(owner=alice))
    assert ledger_differences() == []
    OwnerTally.objects.update(**{field: F(field) + 1})
    (difference,) = ledger_differences()
    assert difference.what == "Ended runs,"
    assert difference.which.startswith(f"{figure} {timezone.now():%Y-%m-%d}")
    assert difference.recorded - difference.ledger == 1


@pytest.mark.parametrize(
    ("field", "figure"), [("amount", "dollars"), ("runs", "runs"), ("calls", "calls")]
)
def test_a_changed_sum_of_spend_is_found(run, field, figure):
    SpendTally.objects.update(**{field: F(field) + 1})
    (difference,) = ledger_differences()
    assert difference.what == "Spend a day,"
    assert difference.which.startswith(f"{figure} {timezone.now():%Y-%m-%d}")
    assert difference.recorded - difference.ledger == 1


def test_a_leaked_hold_is_found_everywhere(run):
    Hold.objects.filter(state="dispatched").update(state="released")
    assert found() == ["Held in budget period", "Money held for run"]


def test_a_line_that_belongs_to_no_window_is_found(run):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE billing_ledgerentry SET held_at = held_at - interval '40 days'")
    assert found() == ["Daily sum", "Settled in budget period"]


def test_the_command_prints_differences_and_fails(run, capsys):
    Run.objects.update(cost_usd=9)
    with pytest.raises(CommandError):
        call_command("audit_ledger")
    assert str(run.pk) in capsys.readouterr().err
    assert len(Audit.objects.get().differences) == 1


def test_the_daily_task_keeps_its_result(run):
    audit_ledger()
    kept = latest_audit()
    assert kept is not None
    assert (kept.lines, kept.differences) == (1, [])


def test_staff_see_it_on_the_usage_and_ops_pages(run, staff, alice, client_for):
    browser = client_for(staff)
    assert "not audited yet" in browser.get("/ops/").content.decode()
    record_audit()
    for path in ("/ops/", "/budgets/"):
        assert "Site matches ledger" in browser.get(path).content.decode()
    assert "whole site against the ledger" in browser.get("/usage/").content.decode()
    assert "Site matches ledger" not in client_for(alice).get("/usage/").content.decode()


def test_differences_are_an_alert(run, staff, client_for):
    Run.objects.update(cost_usd=9)
    record_audit()
    html = client_for(staff).get("/ops/").content.decode()
    assert "The last audit found 1 difference from the ledger." in html
    assert str(run.pk) in html
