"""Every sum of the operations page is the ledger's, to the last digit."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from runs.services import resolve_doubt
from tests import journal
from tests.factories import RunFactory, UserFactory
from tests.runs.operations.spending import doubt, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_agree")]
MODELS = ("gpt-4.1-mini", "gpt-4.1", "gpt-5-mini", "gpt-5-nano")
PATTERNS = ("react", "reflection", "rewoo", "storm", "lats", "plan_solve")


@pytest.fixture
def people(alice: User, bob: User, staff: User) -> list[User]:
    """Eight users with odd months: doubts, corrections, days before, simulated dollars."""
    found = [alice, bob, *UserFactory.create_batch(6)]
    for number, user in enumerate(found):
        for days_ago in range(number % 3 + 1):
            spend(
                user,
                days_ago=days_ago,
                chosen_model=MODELS[number % 4],
                pattern=PATTERNS[(number + days_ago) % 6],
            )
    spend(alice, simulated=True, chosen_model="gpt-4.1")
    doubt(bob)
    doubt(alice, simulated=True)
    run = doubt(bob, chosen_model="gpt-4.1")
    line = LedgerEntry.objects.get(run_id=run.pk)
    resolve_doubt(entry=line, by=staff, reason="bill", known=Decimal("0.001"))
    running = journal.start(RunFactory.create(owner=bob, simulated=False))
    journal.dispatch(running)
    return found


def booked(**lines: Any) -> Decimal:
    """What the ledger says."""
    found: Decimal = LedgerEntry.objects.filter(**lines).aggregate(
        sum=Sum("amount", default=Decimal(0))
    )["sum"]
    return found


def this_month() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("group", ["user", "model", "pattern"])
def test_series_and_days_add_up_to_the_ledger(
    people: list[User], client_for: Callable[[User], Client], staff: User, group: str,
    simulated: bool,
) -> None:  # fmt: skip
    dollars = "simulated" if simulated else "real"
    page = client_for(staff).get(f"/ops/?by={group}&range=14d&dollars={dollars}").context
    chart = page["chart"]

    ledger = {
        row["on"]: row["sum"]
        for row in LedgerEntry.objects.filter(simulated=simulated)
        .order_by()
        .values(on=TruncDate("held_at", tzinfo=UTC))
        .annotate(sum=Sum("amount"))
    }
    assert {day: total for day, _, total in chart.rows if total} == ledger
    assert chart.total == booked(simulated=simulated) > 0
    assert all(sum(one.values) == one.amount for one in chart.series)
    assert sum(one.amount for one in chart.series) == chart.total


def test_the_dearest_have_their_own_sums_and_the_others_share_one(
    people: list[User], client_for: Callable[[User], Client], staff: User
) -> None:
    chart = client_for(staff).get("/ops/?by=user&dollars=real").context["chart"]

    by_user = sorted((booked(owner=user, simulated=False) for user in people), reverse=True)
    assert [one.amount for one in chart.series[:4]] == by_user[:4]
    assert chart.series[4].amount == sum(by_user[4:])
    assert chart.series[4].name == "4 others"


@pytest.mark.parametrize("simulated", [False, True])
def test_the_users_table_and_the_tiles_are_the_ledgers(
    people: list[User], client_for: Callable[[User], Client], staff: User, simulated: bool
) -> None:
    dollars = "simulated" if simulated else "real"
    answer = client_for(staff).get(f"/ops/?dollars={dollars}")
    site, rows = answer.context["site"], answer.context["user_rows"]
    month = {"held_at__gte": this_month(), "simulated": simulated}

    assert {row.person.user.pk: row.spent_usd for row in rows if row.spent_usd} == {
        user.pk: usd for user in people if (usd := booked(owner=user, **month))
    }
    spent = site.simulated_usd if simulated else site.spent_usd
    assert spent == booked(**month) == sum(row.spent_usd for row in rows)
    held = site.simulated_held_usd if simulated else site.held_usd
    assert held == sum(row.held_usd for row in rows)
    runs = LedgerEntry.objects.filter(held_at__gte=this_month()).values("run_id").distinct()
    assert site.people.runs == sum(row.person.runs for row in rows) == runs.count()


def test_the_part_that_is_live_says_the_same(
    people: list[User], client_for: Callable[[User], Client], staff: User
) -> None:
    client = client_for(staff)
    whole, live = client.get("/ops/").context["site"], client.get("/ops/fragment/").context["site"]

    figures = ("spent_usd", "simulated_usd", "held_usd", "simulated_held_usd", "in_doubt")
    assert [getattr(whole, name) for name in figures] == [getattr(live, name) for name in figures]


def test_doubts_add_up_to_their_sum(
    people: list[User], client_for: Callable[[User], Client], staff: User
) -> None:
    found = client_for(staff).get("/ops/").context["site"].in_doubt

    real = sum(one.entry.amount for one in found.newest if not one.entry.simulated)
    unreal = sum(one.entry.amount for one in found.newest if one.entry.simulated)
    assert (found.count, found.real_usd, found.simulated_usd) == (2, real, unreal)
    standing = {"confidence": "in_doubt", "reverses": None, "reversed_by": None}
    assert real + unreal == booked(**standing)


def test_a_users_own_page_is_the_ledgers_too(
    people: list[User], client_for: Callable[[User], Client], staff: User, bob: User
) -> None:
    answer = client_for(staff).get(f"/ops/users/{bob.pk}/?dollars=real&by=pattern")
    state, chart = answer.context["state"], answer.context["chart"]

    assert state.spent_usd == booked(owner=bob, simulated=False, held_at__gte=this_month())
    assert chart.total == booked(owner=bob, simulated=False)
    assert sum(Decimal(one) for one in _table(answer.content.decode())) == round(
        sum((round(amount, 4) for _, amounts, _ in chart.rows for amount in amounts), Decimal(0)), 4
    )


def _table(html: str) -> list[str]:
    """The amounts of the days in the chart's table."""
    table = re.search(r"<caption class=\"sr\">Spend a day</caption>.*?</tbody>", html, re.DOTALL)
    assert table is not None
    days = re.findall(r"<tr><th scope=\"row\".*?</tr>", table.group())
    return [amount for day in days for amount in re.findall(r"\$([0-9.]+)", day)[:-1]]


def test_a_range_has_all_of_its_days(
    client_for: Callable[[User], Client], staff: User, alice: User
) -> None:
    spend(alice)
    page = client_for(staff).get("/ops/?range=30d&dollars=real").context

    days = [day for day, _, _ in page["chart"].rows]
    assert len(days) == 30
    assert days[-1] == date.fromordinal(days[0].toordinal() + 29) == datetime.now(UTC).date()
