"""GET /api/v1/usage/forecast/, and the line on the usage page."""

import pytest

from accounts.models import Scope
from runs.usage.ranges import month_of
from tests.runs.usage.spending import every_day, spend

pytestmark = pytest.mark.django_db
URL = "/api/v1/usage/forecast/"


def test_the_same_every_day_ends_as_it_must(api_for, alice, bob):
    today = every_day(alice, 40)
    every_day(bob, 40, amount=100)
    month = month_of(today.replace(day=1))

    body = api_for(alice).get(URL).json()

    assert (body["from"], body["to"], body["timezone"]) == (
        month.first.isoformat(),
        month.last.isoformat(),
        "UTC",
    )
    whole = str(2 * len(month.days))
    assert body["real"] == {
        "so_far_usd": str(2 * (today.day - 1)),
        "end": {"p50_usd": whole, "low_usd": whole, "high_usd": whole},
        "reason": None,
        "days_of_history": 40,
    }
    assert body["simulated"] == {
        "so_far_usd": "0",
        "end": None,
        "reason": "3 whole weeks are needed; 0 days are known.",
        "days_of_history": 0,
    }


def test_too_short_a_past_says_nothing_of_the_end(api_for, client_for, alice):
    every_day(alice, 20)

    real = api_for(alice).get(URL).json()["real"]

    assert (real["end"], real["days_of_history"]) == (None, 20)
    assert "20 days" in real["reason"]
    assert "ends at about" not in client_for(alice).get("/usage/").content.decode()


def test_real_and_simulated_dollars_stay_apart(api_for, alice):
    every_day(alice, 40, amount=1)
    today = every_day(alice, 40, amount=3, simulated=True)
    days = len(month_of(today.replace(day=1)).days)

    body = api_for(alice).get(URL).json()

    ends = [body[kind]["end"]["p50_usd"] for kind in ("real", "simulated")]
    assert ends == [str(days), str(3 * days)]


def test_the_page_of_this_month_has_a_line(client_for, alice):
    today = every_day(alice, 40)
    spend(alice, today, 0.5)
    browser = client_for(alice)

    assert "ends at about" in browser.get("/usage/").content.decode()
    assert "ends at about" not in browser.get("/usage/?days=30").content.decode()


def test_it_needs_the_scope_of_usage(api_for, alice):
    assert api_for(alice, scopes=[Scope.RUNS_READ]).get(URL).status_code == 403
    assert api_for(alice).get(f"{URL}?month=2026-11").status_code == 400
