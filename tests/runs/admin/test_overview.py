"""The first page of the admin: its figures are those of the books, in few queries."""

from decimal import Decimal

from django.db.models import Sum
from django.test import Client

from accounts.audit_models import Action
from accounts.models import User
from billing.models import LedgerEntry
from runs.admin.overview import figures
from runs.models import IntakeChange, Run
from runs.services.kill_switch import pull
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.runs.admin.rows import Rows

MOST_QUERIES = 20


def test_its_money_is_that_of_the_ledger(rows: Rows, alice: User) -> None:
    journal.buy(journal.start(RunFactory.create(owner=alice, simulated=False)))
    found = figures()
    for simulated, shown in ((False, found.spent.real), (True, found.spent.simulated)):
        lines = LedgerEntry.objects.filter(simulated=simulated)
        assert shown == lines.aggregate(total=Sum("amount"))["total"] > 0
    held = Run.objects.aggregate(total=Sum("held_usd"))["total"]
    assert found.held.real + found.held.simulated == held


def test_it_counts_what_runs_and_what_waits(rows: Rows, alice: User) -> None:
    WorkerFactory.create(capacity=7)
    before = figures()
    journal.start(RunFactory.create(owner=alice))
    RunFactory.create(owner=alice)
    found = figures()
    assert found.executing == before.executing + 1
    assert found.queued == before.queued + 1
    assert found.workers >= 1
    assert found.slots >= 7
    assert found.in_doubt.real == Decimal(0)


def test_it_says_what_is_wrong(rows: Rows, staff: User, superuser: Client) -> None:
    IntakeChange.objects.create(paused=True, reason="An upgrade.", by=staff)
    pull(scope="pattern", pattern="storm", reason="It loops.", by=staff)
    shown = superuser.get("/admin/").content.decode()
    assert "New runs are paused: An upgrade." in shown
    assert "is on: It loops." in shown


def test_it_shows_the_latest_of_the_audit_log(
    rows: Rows, superuser: Client, django_assert_max_num_queries
) -> None:
    superuser.post("/admin/runs/customer/add/", {"name": "initech"})
    with django_assert_max_num_queries(MOST_QUERIES):
        shown = superuser.get("/admin/").content.decode()
    assert str(Action.ADMIN_CHANGE.label) in shown
    assert "staff@example.org" in shown


def test_it_shows_the_latest_alerts_of_the_site_and_no_navigation_again(
    rows: Rows, superuser: Client
) -> None:
    shown = superuser.get("/admin/").content.decode()
    assert "<b>Worker w-1 died or hung</b>" in shown
    assert "Other workers take its runs over" in shown
    assert shown.count("/admin/billing/budgetwindow/") == 1
