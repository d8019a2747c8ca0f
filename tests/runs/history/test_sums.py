"""The list's counts and sums: those of the rows, of Usage and of the ledger, for every filter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import LedgerEntry
from runs.history import selectors, sums
from runs.models import Run
from runs.models.owner_tally import fold_owner_tally
from runs.usage.selectors import usage_report
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
BEGUN = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)


@pytest.fixture
def runs(alice) -> list[Run]:
    """Runs some hours apart over days, of each kind, one of them still going on."""
    found = []
    for number in range(8):
        run = RunFactory.create(
            owner=alice,
            task=f"Number {number}",
            simulated=number % 2 == 0,
            pattern=("react", "reflection")[number % 3 == 0],
            chosen_model=("gpt-4.1", "gpt-5-mini")[number > 5],
            tags=["odd"] if number % 2 else [],
        )
        Run.objects.filter(pk=run.pk).update(created_at=BEGUN + timedelta(hours=7 * number))
        if number < 7:
            journal.succeed(run, cached=number)
        else:
            journal.buy(journal.start(run))
        found.append(run)
    fold_owner_tally()
    return found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?status=succeeded",
        "?status=running",
        "?pattern=reflection",
        "?model=gpt-5-mini",
        "?model=auto&status=succeeded",
        "?tag=odd",
        "?q=number",
        "?from=2026-03-11&to=2026-03-12",
        "?from=2026-03-11",
        "?to=2026-03-11",
        "?from=2026-03-12&to=2026-03-12&pattern=react",
        "?when=2026-03&status=succeeded",
        "?from=2026-03-14&to=2026-03-11",
    ],
)
@pytest.mark.parametrize("zone", ["", "Asia/Kathmandu", "America/Los_Angeles"])
def test_the_sums_are_those_of_all_rows(client_for, alice, runs, query, zone):
    browser = client_for(alice)
    browser.cookies["zone"] = zone
    context = browser.get(f"/runs/{query}").context
    shown, found = context["page"].runs, context["sums"]

    assert found.runs == len(shown)
    assert found.simulated_runs == sum(run.simulated for run in shown)
    assert found.simulated_usd == sum(run.cost_usd for run in shown if run.simulated)
    assert found.cost_usd == sum(run.cost_usd for run in shown if not run.simulated)


def test_all_of_them_cost_what_the_ledger_and_the_usage_report_say(client_for, alice, runs):
    found = client_for(alice).get("/runs/").context["sums"]
    ledger = LedgerEntry.objects.filter(owner=alice, simulated=False)
    days = {"first": BEGUN.date(), "last": BEGUN.date() + timedelta(days=9)}
    report = usage_report(["day", "pattern"], owner=alice, **days)

    assert found.cost_usd == ledger.aggregate(sum=Sum("amount"))["sum"] > Decimal(0)
    assert sum(row.runs for row in report) == found.runs == 8


def test_days_begin_where_the_reader_is(client_for, alice, runs):
    browser = client_for(alice)
    address = "/runs/?from=2026-03-10&to=2026-03-10"

    assert browser.get(address).context["sums"].runs == 1
    browser.cookies["zone"] = "Asia/Kathmandu"
    assert browser.get(address).context["sums"].runs == 0
    browser.cookies["zone"] = "../../etc/passwd"
    assert browser.get(address).context["sums"].runs == 1


def test_what_is_too_much_to_count_is_said_to_be_more(client_for, alice, runs, monkeypatch):
    monkeypatch.setattr(sums, "COUNTED", 3)
    html = client_for(alice).get("/runs/?tag=odd").content.decode()

    assert "more than 3 runs" in html


def test_a_text_is_looked_for_in_the_newest_runs(client_for, alice, runs, monkeypatch):
    monkeypatch.setattr(selectors, "SEARCHED", 3)
    browser = client_for(alice)
    newest = browser.get("/runs/?q=number")

    assert [run.task for run in newest.context["page"].runs] == ["Number 7", "Number 6", "Number 5"]
    assert "were searched" in newest.content.decode()
    assert browser.get("/runs/?q=number&to=2026-03-11").context["sums"].runs == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [("to=2026-03-11&before={newest}", "Day 1"), ("from=2026-03-14&after={oldest}", "Day 4")],
)
def test_a_cursor_beyond_the_dates_hides_nothing(client_for, alice, monkeypatch, query, found):
    monkeypatch.setattr(selectors, "PAGE_SIZE", 1)
    runs = []
    for day in range(6):
        run = RunFactory.create(owner=alice, task=f"Day {day}")
        Run.objects.filter(pk=run.pk).update(created_at=BEGUN + timedelta(days=day))
        runs.append(journal.succeed(run))
    query = query.format(newest=runs[-1].pk, oldest=runs[0].pk)
    page = client_for(alice).get(f"/runs/?status=succeeded&{query}").context["page"]

    assert [run.task for run in page.runs] == [found]


def test_filtered_pages_reach_every_run_once(client_for, alice, runs, monkeypatch):
    monkeypatch.setattr(selectors, "PAGE_SIZE", 1)
    browser, address, seen = client_for(alice), "/runs/?pattern=react", []
    while address:
        found = browser.get(address).context["page"]
        seen += [run.task for run in found.runs]
        address = f"/runs/?pattern=react&before={found.older}" if found.older else ""
    back = browser.get(f"/runs/?pattern=react&after={found.newer}").context["page"]

    assert seen == [f"Number {number}" for number in (7, 5, 4, 2, 1)]
    assert [run.task for run in back.runs] == ["Number 2"]
