"""A sudden rise of spend: hours are summed up, the rise is told, and may pause a token."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.services import revoke_token
from billing.models import LedgerEntry
from runs.alert_models import Alert, AlertNotice, SpendHour, TokenGuard
from runs.alerts.causes import spending
from runs.alerts.causes.hours import forget_old, sum_up
from runs.alerts.rate import HOUR
from runs.alerts.services.pausing import resume_token
from runs.alerts.services.preferences import Pausing, set_preferences
from runs.alerts.sweep import sweep
from runs.alerts.wording import words_of
from runs.models import Run
from tests.runs.alerts.spending import run_of, spend
from web import database_clock

pytestmark = pytest.mark.django_db
SUBMIT = "/api/v1/runs/"


def this_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def has_spent(spender: str, usd: object, days: int = 20) -> None:
    """So much at this hour of each of the last days."""
    hour = this_hour()
    SpendHour.objects.bulk_create(
        SpendHour(
            spender=spender,
            simulated=True,
            hour=hour - timedelta(days=day),
            amount=Decimal(str(usd)),
        )
        for day in range(1, days + 1)
    )


@pytest.fixture
def token(alice: User) -> ApiToken:
    """One that has spent a dollar in this hour of every day."""
    made, key = ApiToken.objects.issue(user=alice, name="nightly")
    made.key = key  # type: ignore[attr-defined]
    has_spent(f"token:{made.pk}", 1)
    return made


def rises() -> list[Alert]:
    return list(Alert.objects.filter(kind__in=("spend_rate", "site_spend_rate")).order_by("id"))


def submit(token: Any, **headers: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}", **headers)
    return client.post(SUBMIT, {"task": "What is 6 times 7?"}, format="json")


def pause_all(user: User) -> None:
    set_preferences(user=user, ways={}, pausing=Pausing(True, []))


def test_hours_that_are_over_are_summed_up_once(alice: User) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="ci")
    hour = this_hour() - timedelta(hours=3)
    browser, by_token = run_of(alice), run_of(alice, token)
    for minutes, usd in ((0, 1), (30, 2), (59, 4)):
        spend(browser, usd, hour + timedelta(minutes=minutes))
    spend(by_token, 8, hour + timedelta(minutes=5))
    spend(browser, 16, hour - timedelta(minutes=1))
    spend(browser, 32)
    while sum_up():
        pass
    sums = SpendHour.objects.filter(hour=hour, simulated=True)
    assert dict(sums.values_list("spender", "amount")) == {
        "site": 15,
        f"user:{alice.pk}": 7,
        f"token:{token.pk}": 8,
    }
    assert not SpendHour.objects.filter(hour__gte=this_hour()).exists()
    before = SpendHour.objects.count()
    assert (sum_up(), SpendHour.objects.count()) == (0, before)


def test_a_site_that_was_away_catches_up_over_some_sweeps(db: None) -> None:
    assert [sum_up(), sum_up()] == [24, 24]
    hours = SpendHour.objects.filter(spender="site", simulated=False).order_by("hour")
    first, last = hours.first(), hours.last()
    assert first
    assert last
    assert last.hour - first.hour == 47 * HOUR


def test_sums_older_than_any_comparison_go(db: None) -> None:
    has_spent("site", 1, days=40)
    forget_old()
    assert SpendHour.objects.count() in (28, 29)


def test_a_rise_is_told_once_with_its_figures(alice: User, token: ApiToken) -> None:
    run = run_of(alice, token)
    spend(run, 3)
    sweep()
    assert rises() == []
    spend(run, "0.5")
    sweep()
    spend(run, 5)
    sweep()
    (alert,) = rises()
    words = words_of(alert.kind, alert.data)
    assert words.title == "Token “nightly” spent $3.50 (simulated) within an hour"
    assert "starts at $3.00 (simulated), 3 times what is usual" in words.text
    assert "was $1.00 (simulated), on" in words.text
    assert "the median of the 20 hours with any spend was $1.00 (simulated)" in words.text
    (notice,) = AlertNotice.objects.all()
    assert (notice.recipient, notice.urgent) == (alice, True)


def test_a_new_token_says_nothing(alice: User) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="new")
    has_spent(f"token:{token.pk}", "0.01", days=13)
    spend(run_of(alice, token), 50)
    sweep()
    assert rises() == []


def test_little_money_is_never_a_rise(alice: User, settings: Any) -> None:
    has_spent(f"user:{alice.pk}", "0.01")
    run = run_of(alice)
    spend(run, "0.9")
    sweep()
    assert rises() == []
    settings.ALERT_RATE_MIN_USD = Decimal("0.5")
    sweep()
    assert [alert.subject for alert in rises()] == [f"user:{alice.pk}"]


def test_the_site_is_judged_as_a_whole_for_staff(alice: User, bob: User, staff: User) -> None:
    has_spent("site", 2)
    for user in (alice, bob):
        spend(run_of(user), 4)
    sweep()
    (alert,) = rises()
    assert (alert.kind, alert.data["spent_usd"]) == ("site_spend_rate", "8")
    assert [n.recipient for n in alert.notices.all()] == [staff]


def test_the_last_minute_of_an_hour_is_looked_at_after_its_end(
    alice: User, token: ApiToken, monkeypatch: Any
) -> None:
    spend(run_of(alice, token), 9)
    next_hour = this_hour() + HOUR + timedelta(minutes=1)
    monkeypatch.setattr(database_clock, "CLOCK", f"SELECT '{next_hour.isoformat()}'::timestamptz")
    assert [finding.starts_at for finding in spending.found()] == [this_hour()]


def test_a_token_is_paused_where_its_owner_wants_that(alice: User, token: ApiToken) -> None:
    other, _ = ApiToken.objects.issue(user=alice, name="other")
    set_preferences(user=alice, ways={}, pausing=Pausing(False, [other.pk]))
    spend(run_of(alice, token), 9)
    sweep()
    assert not TokenGuard.objects.paused().exists()

    Alert.objects.all().delete()
    set_preferences(user=alice, ways={}, pausing=Pausing(False, [token.pk]))
    sweep()
    assert [guard.pk for guard in TokenGuard.objects.paused()] == [token.pk]
    (alert,) = rises()
    words = words_of(alert.kind, alert.data)
    assert words.title.endswith(", and is paused")
    assert "until you resume it" in words.text


def test_a_paused_token_submits_nothing_until_its_owner_resumes_it(
    alice: User, token: ApiToken, client_for: Callable[..., Any], settings: Any
) -> None:
    settings.PUBLIC_URL = "https://agents.example.org"
    pause_all(alice)
    assert submit(token).status_code == 202
    spend(run_of(alice, token), 9)
    sweep()
    count = Run.objects.count()
    refused = submit(token)
    assert (refused.status_code, refused.json()["code"]) == (403, "token_paused")
    page = f"/alerts/tokens/{token.pk}/"
    assert f"Its owner resumes it at https://agents.example.org{page}." in refused.json()["detail"]
    assert "It spent $9 within an hour, and more than $3" in refused.json()["detail"]
    assert Run.objects.count() == count

    owner = client_for(alice)
    assert "Resume the token" in owner.get(page).content.decode()
    assert owner.post(page, follow=True).status_code == 200
    assert submit(token).status_code == 202
    sweep()
    assert not TokenGuard.objects.paused().exists()
    assert "It isn’t paused" in owner.get(page).content.decode()


def test_the_plain_api_lets_a_paused_token_in_no_more_than_others_do(
    alice: User, token: Any
) -> None:
    TokenGuard.objects.create(token=token, paused_at=timezone.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    answer = client.post("/agent/run/async", {"task": "x"}, format="json")
    assert (answer.status_code, "is paused since" in answer.content.decode()) == (403, True)
    assert not Run.objects.exists()


def test_a_repeated_submit_of_a_paused_token_is_told_of_its_run(
    alice: User, token: ApiToken
) -> None:
    headers = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = submit(token, **headers)
    pause_all(alice)
    spend(run_of(alice, token), 9)
    sweep()
    assert submit(token, **headers).json()["id"] == first.json()["id"]


def test_other_tokens_and_the_browser_go_on(
    alice: User, token: ApiToken, client_for: Callable[..., Any]
) -> None:
    pause_all(alice)
    spend(run_of(alice, token), 9)
    sweep()
    other, key = ApiToken.objects.issue(user=alice, name="other")
    other.key = key  # type: ignore[attr-defined]
    assert submit(other).status_code == 202
    answer = client_for(alice).post(reverse("runs:new"), {"task": "x", "pattern": "react"})
    assert answer.status_code in (302, 422)


def test_nobody_else_resumes_it_and_no_token_does(
    alice: User, bob: User, token: ApiToken, client_for: Callable[..., Any], api_for: Any
) -> None:
    pause_all(alice)
    spend(run_of(alice, token), 9)
    sweep()
    assert client_for(bob).post(f"/alerts/tokens/{token.pk}/").status_code == 404
    assert api_for(alice).post(f"/api/v1/tokens/{token.pk}/resume/").status_code == 403
    assert TokenGuard.objects.paused().count() == 1
    person = APIClient()
    person.force_login(alice)
    assert person.post(f"/api/v1/tokens/{token.pk}/resume/").status_code == 204
    assert not TokenGuard.objects.paused().exists()


def test_a_resumed_token_is_paused_again_in_another_hour(alice: User, token: ApiToken) -> None:
    pause_all(alice)
    spend(run_of(alice, token), 9)
    sweep()
    assert resume_token(token=token)
    assert not resume_token(token=token)
    sweep()
    assert not TokenGuard.objects.paused().exists()
    Alert.objects.all().update(starts_at=this_hour() - HOUR)
    sweep()
    assert TokenGuard.objects.paused().exists()


def test_a_revoked_token_needs_no_pause(alice: User, token: ApiToken) -> None:
    pause_all(alice)
    spend(run_of(alice, token), 9)
    revoke_token(token=token)
    sweep()
    (alert,) = rises()
    assert not alert.data["paused"]


def test_hours_and_spenders_are_found_by_indexes(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO runs_spendhour (spender, simulated, hour, amount) "
            "SELECT 'user:' || u, true, now() - make_interval(hours => h), 1 "
            "FROM generate_series(1, 1000) u, generate_series(1, 100) h"
        )
        cursor.execute("ANALYZE runs_spendhour")
        rows = SpendHour.objects.filter(
            spender__in=["user:1", f"token:{UUID(int=1)}"],
            simulated=True,
            hour__gte=this_hour() - timedelta(days=28),
            hour__lt=this_hour(),
        )
        assert "spend_hour_unique" in rows.explain()
        _many_lines(run_of(alice))
        given = (this_hour(), this_hour() + HOUR, True, 1, 10)
        cursor.execute(f"EXPLAIN {spending.SPENT}", given)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        # By time alone, or by skipping from owner to owner where there are few.
        assert "ledger_held" in plan or "ledger_owner_held" in plan, plan
        assert "Seq Scan" not in plan


def _many_lines(run: Run) -> None:
    """The lines of 250 days, in the order of time."""
    spend(run, "0.01")
    line = LedgerEntry.objects.get(run_id=run.pk)
    fields = [
        f.column for f in LedgerEntry._meta.concrete_fields if f.name not in ("id", "held_at")
    ]
    names = ", ".join(map(str, fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO billing_ledgerentry ({names}, held_at) SELECT {names}, "
            "held_at - make_interval(mins => 6 * n) FROM billing_ledgerentry, "
            "generate_series(60000, 1, -1) n WHERE id = %s ORDER BY n DESC",
            [line.pk],
        )
        cursor.execute("SELECT brin_summarize_new_values('ledger_held')")
        cursor.execute("ANALYZE billing_ledgerentry")
