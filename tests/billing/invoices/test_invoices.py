"""A month's invoice: its sum is the ledger's, in the user's own zone, and reversals are shown."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum
from django.test import Client
from rest_framework.test import APIClient

from accounts.deletion import delete_account
from accounts.models import Scope, User
from billing.invoices.selectors import invoice_of
from billing.models import BudgetWindow, LedgerEntry
from billing.months import month_of, zone_of
from runs.models import Run
from runs.services.doubt import KnownUsage, resolve_doubt
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db

KEY, MARCH = "2026-03", date(2026, 3, 1)
URL = f"/api/v1/invoices/{KEY}/"


def charged(owner: User, *moments: datetime, **fields: Any) -> Run:
    """A run with a call charged at each moment."""
    run = journal.start(RunFactory.create(owner=owner, **fields))
    for n, moment in enumerate(moments, 1):
        hold = journal.dispatch(run, f"react/t{n}/think", held_at=moment)
        journal.settle(run, hold, fresh=100 * n + 7, output=31)
    return run


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def ledger_sum(owner: User) -> Decimal:
    found: Decimal = LedgerEntry.objects.filter(owner=owner).aggregate(sum=Sum("amount"))["sum"]
    return found


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))


def test_the_sum_is_the_ledgers_to_the_last_digit(
    alice: User, bob: User, api_for: Callable[..., APIClient]
) -> None:
    charged(alice, at(1, 0), at(1, 1), at(15), at(31, 23))
    charged(alice, at(15), pattern="reflection")
    charged(bob, at(15))
    charged(alice, at(28, month=2), at(1, 0, month=4))
    within = LedgerEntry.objects.filter(owner=alice, held_at__gte=at(1, 0), held_at__lt=at(1, 0, 4))
    expected = within.aggregate(sum=Sum("amount"))["sum"]

    body = api_for(alice).get(URL, {"dollars": "simulated"}).json()

    assert Decimal(body["total_usd"]) == expected
    assert sum(Decimal(line["amount_usd"]) for line in body["lines"]) == expected
    assert [(line["day"], line["pattern"], line["calls"]) for line in body["lines"]] == [
        ("2026-03-01", "react", 2),
        ("2026-03-15", "react", 1),
        ("2026-03-15", "reflection", 1),
        ("2026-03-31", "react", 1),
    ]
    assert api_for(alice).get(URL).json()["total_usd"] == "0"


def test_estimates_doubts_and_reversals_are_shown(alice: User, staff: User) -> None:
    run = charged(alice, at(3))
    hold = journal.dispatch(run, "react/t8/think", held_at=at(4))
    journal.settle(run, hold, confidence="estimated")
    journal.dispatch(run, "react/t9/think", held_at=at(5))
    journal.lose_worker(run)
    doubtful = LedgerEntry.objects.get(confidence="in_doubt")
    before = invoice_of(alice, MARCH, simulated=True)
    assert before.in_doubt_usd == doubtful.amount > 0
    assert before.estimated_usd > 0

    resolve_doubt(entry=doubtful, known=KnownUsage(0, 0, 0, 1), reason="Seen.", by=staff)

    after = invoice_of(alice, MARCH, simulated=True)
    of_day = [line for line in after.lines if line.day.day == 5]
    assert [(line.confidence, line.reversal, line.calls) for line in of_day] == [
        ("estimated", False, 1),
        ("in_doubt", False, 1),
        ("in_doubt", True, 0),
    ]
    assert of_day[2].amount_usd == -of_day[1].amount_usd
    assert after.in_doubt_usd == 0
    assert after.total_usd == ledger_sum(alice)


def test_a_month_is_that_of_the_budget_to_the_last_digit(alice: User) -> None:
    zone = "Pacific/Auckland"
    set_budget(5, scope="user", user=alice, timezone=zone, period="month")
    now = datetime.now(ZoneInfo(zone))
    charged(alice, now.astimezone(UTC))
    window = BudgetWindow.objects.get(simulated=True)

    month = month_of(now.date().replace(day=1), zone_of(alice))

    assert (month.timezone, month.starts_at, month.ends_at) == (
        zone, window.starts_at, window.ends_at,
    )  # fmt: skip
    assert invoice_of(alice, month.first, simulated=True).total_usd == window.settled_usd > 0


def test_the_zone_is_the_own_budgets_then_the_sites(alice: User) -> None:
    assert zone_of(alice) == "UTC"
    set_budget(9, timezone="Europe/Berlin")
    assert zone_of(alice) == "Europe/Berlin"
    set_budget(5, scope="user", user=alice, timezone="Asia/Tokyo", period="day")
    assert zone_of(alice) == "Asia/Tokyo"


def test_a_charge_at_midnight_is_in_one_month_only(alice: User) -> None:
    set_budget(5, scope="user", user=alice, timezone="Europe/Berlin", period="month")
    last = datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Berlin, in summer time
    charged(alice, last - timedelta(microseconds=1), last)

    march, april = (invoice_of(alice, first, simulated=True) for first in (MARCH, date(2026, 4, 1)))

    assert [len(march.lines), len(april.lines)] == [1, 1]
    assert april.lines[0].day.isoformat() == "2026-04-01"
    assert march.total_usd + april.total_usd == ledger_sum(alice)


@pytest.mark.parametrize(
    "key",
    [
        "2026-13",
        "2026-00",
        "26-03",
        "2026-3",
        "march",
        "1999-12",
        "2100-01",
        "2٠26-11",
        "2026-11%0A",
    ],
)
def test_what_is_no_month_is_404(
    alice: User, key: str, api_for: Callable[..., APIClient], client_for: Callable[..., Client]
) -> None:
    for path in (f"invoices/{key}/", f"invoices/{key}/lines.csv", f"statements/{key}/"):
        answer = api_for(alice).get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert client_for(alice).get(f"/invoices/{key}/").status_code == 404


@pytest.mark.parametrize(
    ("key", "earlier", "later"),
    [("2000-01", None, "2000-02"), ("2026-01", "2025-12", "2026-02"), ("2099-12", "2099-11", None)],
)
def test_months_lead_to_their_neighbours_and_end_somewhere(
    alice: User, client_for: Callable[..., Client], key: str, earlier: str | None, later: str | None
) -> None:
    page = client_for(alice).get(f"/invoices/{key}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert (f'href="/invoices/{earlier}/">Earlier' in text) == (earlier is not None)
    # What is not over has no later one that could be asked for.
    assert (f'href="/invoices/{later}/">Later' in text) == (later is not None)


def test_the_csv_has_the_same_lines(alice: User, api_for: Callable[..., APIClient]) -> None:
    charged(alice, at(2), at(3))
    answer = api_for(alice).get(f"{URL}lines.csv", {"dollars": "simulated"})
    assert answer["Content-Disposition"] == (
        f'attachment; filename="invoice-{alice.pk}-2026-03-simulated.csv"'
    )

    rows = rows_of(answer)

    assert sum(Decimal(row["amount_usd"]) for row in rows) == ledger_sum(alice)
    assert [(row["day"], row["user"], row["reversal"]) for row in rows] == [
        ("2026-03-02", alice.email, "no"),
        ("2026-03-03", alice.email, "no"),
    ]


def test_staff_have_everyones(
    alice: User, bob: User, staff: User, api_for: Callable[..., APIClient]
) -> None:
    charged(alice, at(2))
    charged(bob, at(3))
    url = f"/api/v1/admin/invoices/{KEY}/lines.csv"

    rows = rows_of(api_for(staff).get(url, {"dollars": "simulated"}))

    assert [row["user"] for row in rows] == [alice.email, bob.email]
    assert rows_of(api_for(staff).get(url)) == []
    assert api_for(alice).get(url).status_code == 403
    assert api_for(staff, [Scope.USAGE_READ]).get(url).status_code == 403
    assert api_for(staff).get("/api/v1/admin/invoices/2026-13/lines.csv").status_code == 404


def test_a_deleted_users_invoice_names_nobody(
    alice: User, staff: User, api_for: Callable[..., APIClient]
) -> None:
    charged(alice, at(2))
    delete_account(user=alice)
    url = f"/api/v1/admin/invoices/{KEY}/lines.csv"

    (row,) = rows_of(api_for(staff).get(url, {"dollars": "simulated"}))

    assert row["user"] == f"deleted-user-{alice.pk}@deleted.invalid"


def test_the_page_can_be_printed_and_taken_along(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    charged(alice, at(2), at(3))
    client = client_for(alice)

    page = client.get(f"/invoices/{KEY}/").content.decode()

    assert "March 2026" in page
    assert "Total, the sum of the ledger" in page
    for path in ("invoices/2026-03/lines.csv", "statements/2026-03/"):
        assert f'href="/api/v1/{path}?dollars=simulated"' in page
    assert "usage/focus.csv?from=2026-03-01&amp;to=2026-03-31&amp;dollars=simulated" in page
    assert "All users" not in page
    assert client.get("/invoices/").headers["Location"].startswith("/invoices/20")
    assert 'href="/invoices/"' in client.get("/usage/").content.decode()


def test_an_empty_month_says_so(alice: User, client_for: Callable[[User], Client]) -> None:
    page = client_for(alice).get(f"/invoices/{KEY}/").content.decode()

    assert "Nothing was charged in this month." in page
