"""Spend between moments equals the ledger's lines to the last digit, in any time zone."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.bill import BUCKETS
from billing.models import LedgerEntry
from billing.selectors.between import lines_between, spend_between
from billing.selectors.charged_runs import charged_runs
from runs.usage.ranges import DayRange
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db
# Quarters of an hour, half hours, over half a day away, a month with a change of clocks, a day that
# begins at one o'clock, and UTC itself.
ZONES = {
    "UTC": date(2026, 10, 28),
    "Europe/Berlin": date(2026, 10, 23),
    "Asia/Kathmandu": date(2026, 10, 28),
    "Australia/Lord_Howe": date(2026, 10, 2),
    "Pacific/Auckland": date(2026, 9, 25),
    "Pacific/Kiritimati": date(2026, 10, 28),
    "Pacific/Pago_Pago": date(2026, 10, 28),
    "America/Los_Angeles": date(2026, 10, 30),
    "America/Santiago": date(2026, 9, 4),
}
DAYS = 5


@pytest.fixture
def calls(alice):
    """Charges every 105 minutes around each of the dates, of two models, one of them corrected."""

    def make(first: date) -> None:
        start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
        runs = [journal.start(RunFactory.create(owner=alice, simulated=False)) for _ in range(2)]
        doubtful = journal.dispatch(runs[0], "react/t0/think", held_at=start + timedelta(days=2))
        journal.settle(runs[0], doubtful, confidence="in_doubt")
        for n in range(96):
            held_at = start + n * timedelta(minutes=105)
            model = ("gpt-4.1", "gpt-5-nano")[n % 2]
            used = {"fresh": 811 + n, "cached": 7 * n, "output": 223 + n, "reasoning": n}
            journal.buy(runs[n % 2], f"react/t{n + 1}/think", model=model, held_at=held_at, **used)
        journal.settle(runs[0], doubtful, fresh=101)

    return make


def added_up(days: DayRange) -> dict[tuple[date, str], tuple[Decimal, int]]:
    """The same by hand: each line of the ledger on its day in the zone."""
    found: dict[tuple[date, str], tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))
    for line in LedgerEntry.objects.all():
        day = line.held_at.astimezone(days.zone).date()
        if days.first <= day <= days.last:
            amount, count = found[day, line.model]
            found[day, line.model] = amount + line.amount, count + (-1 if line.reverses_id else 1)
    return found


@pytest.mark.parametrize(("zone", "first"), ZONES.items())
def test_days_begin_at_midnight_in_the_zone(alice, calls, zone, first):
    calls(first)
    days = DayRange("custom", "", first, first + timedelta(days=DAYS - 1), ZoneInfo(zone))

    rows = spend_between(alice, days.moments)

    found = {(days.days[row.span], row.model): (row.amount, row.calls) for row in rows}
    expected = added_up(days)
    assert found == expected
    assert len(found) > DAYS
    lines = lines_between(alice, days.moments, simulated=False)
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for (day, _), (amount, _) in expected.items():
        by_day[day] += amount
    assert {days.days[line.span]: line.amount for line in lines} == by_day
    assert all(sum(line.buckets.values()) == line.amount for line in lines)
    assert all(set(line.buckets) == set(BUCKETS) for line in lines)


def test_a_run_belongs_to_the_day_of_its_first_charge_in_the_zone(alice):
    zone = ZoneInfo("Asia/Kathmandu")
    midnight = datetime(2026, 10, 28, tzinfo=zone)
    for minutes, fresh in ((-1, 900), (1, 800), (60, 700), (24 * 60 - 1, 600), (24 * 60 + 1, 500)):
        run = journal.start(RunFactory.create(owner=alice, simulated=False))
        journal.buy(run, held_at=midnight + timedelta(minutes=minutes), fresh=fresh)
        journal.buy(run, "react/t2/think", held_at=midnight + timedelta(days=2))

    end = midnight + timedelta(days=1)
    found = charged_runs(alice, midnight, end, simulated=False, count=2)

    lines = LedgerEntry.objects.filter(held_at__gte=midnight, held_at__lt=end)
    owned = {line.run_id for line in lines}
    costs = sorted((run.cost_usd for run in alice.runs.filter(pk__in=owned)), reverse=True)
    assert found.runs == len(costs) == 3
    assert [charge.amount for charge in found.dearest] == costs[:2]
    assert found.median_usd == costs[1]
    assert found.average_usd is not None
    assert abs(found.average_usd - sum(costs) / 3) < Decimal("1e-12")
    assert all(midnight <= charge.held_at < end for charge in found.dearest)
