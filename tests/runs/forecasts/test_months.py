"""Forecasts of months: kept once a day, scored when the month is over."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from runs.forecast_models import MonthForecast
from runs.forecasts.keeping import keep_month_forecasts
from runs.forecasts.scoring import score
from runs.selectors.forecasts import MonthsHeld, months_held
from runs.usage.selectors import forecasts
from tests.runs.usage.spending import every_day, spend

pytestmark = pytest.mark.django_db
LONG_ENOUGH_S = 60.0


def months_ago(count: int, day: int) -> date:
    first = datetime.now(UTC).date().replace(day=1)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
    return first.replace(day=day)


def given(owner: User, day: date, low: object, high: object, **fields: Any) -> MonthForecast:
    return MonthForecast.objects.create(
        owner=owner, simulated=False, day=day, low_usd=Decimal(str(low)),
        p50_usd=Decimal(str(low)), high_usd=Decimal(str(high)), **fields,
    )  # fmt: skip


def test_what_the_page_says_today_is_kept_once(alice, bob):
    today = every_day(alice, 40)
    every_day(alice, 40, amount=3, simulated=True)
    every_day(bob, 20)

    assert keep_month_forecasts(seconds=LONG_ENOUGH_S) == 2
    assert keep_month_forecasts(seconds=LONG_ENOUGH_S) == 0

    told = {found.simulated: found.band for found in forecasts(alice, today=today)}
    kept = MonthForecast.objects.all()
    assert {row.owner_id for row in kept} == {alice.pk}
    for row in kept:
        band = told[row.simulated]
        assert band is not None
        assert (row.low_usd, row.p50_usd, row.high_usd) == (band.low, band.p50, band.high)


def test_who_has_not_spent_for_long_or_is_gone_has_none(alice, bob):
    today = datetime.now(UTC).date()
    spend(alice, today - timedelta(days=200))
    every_day(bob, 40)
    User.objects.filter(pk=bob.pk).update(deleted_at=timezone.now())

    assert keep_month_forecasts(seconds=LONG_ENOUGH_S) == 0


def test_without_time_left_nothing_is_kept(alice):
    every_day(alice, 40)
    assert keep_month_forecasts(seconds=0) == 0


def test_a_month_is_scored_by_its_days_once_it_is_over(alice, bob):
    last, this = months_ago(1, 15), months_ago(0, 1)
    row, open_row = given(alice, last, 1, 9), given(alice, this, 1, 9)
    for day in (last.replace(day=1), last, this - timedelta(days=1)):
        spend(alice, day, "0.1")
    spend(alice, this, 5)
    spend(alice, last.replace(day=1) - timedelta(days=1), 7)
    spend(alice, last, 8, simulated=True)
    spend(bob, last, 9)

    score()

    row.refresh_from_db()
    open_row.refresh_from_db()
    over = datetime.now(UTC).day > 1
    assert row.actual_usd == (Decimal("0.3") if over else None)
    assert (open_row.actual_usd, open_row.scored_at) == (None, None)


def test_a_month_without_spend_cost_nothing(alice):
    row = given(alice, months_ago(2, 3), 1, 9)
    score()
    row.refresh_from_db()
    assert row.actual_usd == 0


def test_a_users_record_has_the_last_months_forecast_as_early(alice, bob):
    today = months_ago(0, 12)
    done: dict[str, Any] = {"actual_usd": Decimal(5), "scored_at": timezone.now()}
    for back, high in ((1, 9), (2, 9), (3, 4), (4, 9), (5, 9), (6, 4)):
        given(alice, months_ago(back, 12), 1, high, **done)
    given(alice, months_ago(1, 13), 1, 2, **done)
    given(alice, today, 1, 2)
    given(bob, months_ago(1, 12), 1, 2, **done)

    assert months_held(alice, simulated=False, today=today) == MonthsHeld(held=4, months=5)
    assert months_held(alice, simulated=True, today=today) == MonthsHeld(held=0, months=0)


def test_the_end_of_a_long_month_is_held_against_the_28th(alice):
    done: dict[str, Any] = {"actual_usd": Decimal(5), "scored_at": timezone.now()}
    given(alice, date(2026, 2, 28), 1, 9, **done)
    assert months_held(alice, simulated=False, today=date(2026, 3, 31)).months == 1


def test_the_usage_page_says_how_earlier_ones_did(client_for, alice):
    today = every_day(alice, 40)
    done: dict[str, Any] = {"actual_usd": Decimal(5), "scored_at": timezone.now()}
    browser = client_for(alice)
    assert "month-end forecast" not in browser.get("/usage/").content.decode()

    for back, high in ((1, 9), (2, 4), (3, 9)):
        given(alice, months_ago(back, min(today.day, 28)), 1, high, **done)

    page = browser.get("/usage/").content.decode()
    assert "Of your last 3 month-end forecasts 2 held." in page
    assert "month-end forecast" not in browser.get("/usage/?days=30").content.decode()


def test_old_forecasts_are_deleted(alice):
    given(alice, date(2024, 1, 1), 1, 2)
    MonthForecast.objects.update(given_at=timezone.now() - timedelta(days=401))
    score()
    assert not MonthForecast.objects.exists()
