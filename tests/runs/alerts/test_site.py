"""What staff are told, and owners of runs in doubt: each from what really causes it."""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from billing.models import LedgerEntry
from billing.services import record_audit
from runs.alert_models import Alert, AlertNotice
from runs.alerts.sweep import sweep
from runs.alerts.wording import words_of
from runs.engine.breaker import Breaker
from runs.models import Run, Worker
from runs.services import resolve_doubt
from tests import journal
from tests.factories import RunFactory, WorkerFactory
from tests.money import BOUND
from tests.runs.alerts.spending import run_of, spend
from tests.runs.breaking import close_all, half_open, opened, put

pytestmark = pytest.mark.django_db
MODEL = "gpt-4.1-mini"


@pytest.fixture(autouse=True)
def models_answer() -> Iterator[None]:
    close_all()
    yield
    close_all()


def in_doubt(owner: User, calls: int = 1) -> Run:
    """A run whose worker died while its calls were under way."""
    run = journal.start(RunFactory.create(owner=owner))
    for number in range(calls):
        journal.dispatch(run, f"react/t{number}/think")
    journal.lose_worker(run)
    return run


def of(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind).order_by("id"))


def text_of(alert: Alert) -> str:
    words = words_of(alert.kind, alert.data)
    return f"{words.title} {words.text}"


def test_a_dead_workers_calls_are_told_to_the_runs_owner_once(alice: User, staff: User) -> None:
    run = in_doubt(alice, calls=2)
    sweep()
    sweep()
    (alert,) = of("doubt")
    assert (alert.subject, alert.owner) == (str(run.pk), alice)
    assert "2 calls" in text_of(alert)
    assert f"${2 * BOUND:f}".rstrip("0") in text_of(alert)
    assert [n.recipient for n in alert.notices.all()] == [alice]


def test_what_is_resolved_before_the_sweep_is_not_told(alice: User, staff: User) -> None:
    run = in_doubt(alice)
    line = LedgerEntry.objects.get(run_id=run.pk, confidence="in_doubt")
    resolve_doubt(entry=line, by=staff, reason="The provider says so.", known=Decimal(0))
    sweep()
    assert of("doubt") == []


def test_a_run_that_falls_into_doubt_on_another_day_is_told_again(alice: User) -> None:
    run = in_doubt(alice)
    sweep()
    journal.start(run)
    journal.dispatch(run, "react/t9/think")
    journal.lose_worker(run)
    sweep()
    assert len(of("doubt")) == 1
    Alert.objects.filter(kind="doubt").update(starts_at=F("starts_at") - timedelta(days=1))
    sweep()
    assert len(of("doubt")) == 2


def test_much_money_in_doubt_is_told_to_staff_once_a_day(
    alice: User, staff: User, settings: Any
) -> None:
    in_doubt(alice)
    settings.ALERT_DOUBT_USD = 2 * BOUND
    sweep()
    assert of("site_doubt") == []
    in_doubt(alice)
    sweep()
    sweep()
    (alert,) = of("site_doubt")
    assert alert.data["calls"] == 2
    assert [n.recipient for n in alert.notices.all()] == [staff]


def test_a_corrupted_row_is_found_by_the_audit_and_told(alice: User, staff: User) -> None:
    run = run_of(alice)
    spend(run, 1)
    record_audit()
    sweep()
    assert of("audit") == []

    Run.objects.filter(pk=run.pk).update(cost_usd=F("cost_usd") + 1)
    record_audit()
    sweep()
    sweep()
    (alert,) = of("audit")
    assert str(run.pk) in text_of(alert)
    assert [n.recipient for n in alert.notices.all()] == [staff]
    record_audit()
    sweep()
    assert len(of("audit")) == 2


def test_an_audit_with_many_differences_is_told_in_few_words(alice: User, staff: User) -> None:
    for _ in range(7):
        spend(run_of(alice), 1)
    Run.objects.update(cost_usd=F("cost_usd") + 1)
    record_audit()
    sweep()
    (alert,) = of("audit")
    assert "7 places" in text_of(alert)
    assert "and 2 more" in text_of(alert)


def test_an_open_breaker_is_told_once_an_outage(staff: User) -> None:
    sweep()
    assert of("breaker") == []
    put(MODEL, opened())
    sweep()
    sweep()
    (alert,) = of("breaker")
    assert alert.data["model"] == MODEL
    assert "5 calls failed" in text_of(alert)

    since = alert.starts_at.timestamp()
    put(MODEL, Breaker(9, since, time.time(), "timeout", time.time() + 30))
    sweep()
    assert len(of("breaker")) == 1


def test_a_model_that_fails_off_and_on_is_told_once_an_hour(staff: User) -> None:
    put(MODEL, opened())
    sweep()
    put(MODEL, half_open())
    sweep()
    assert len(of("breaker")) == 1
    Alert.objects.update(starts_at=F("starts_at") - timedelta(hours=2))
    sweep()
    assert len(of("breaker")) == 2


def test_a_worker_that_died_is_told_once_and_one_that_stopped_is_not(staff: User) -> None:
    dead, stopped, well = (WorkerFactory.create() for _ in range(3))
    Worker.objects.filter(pk=dead.pk).update(expires_at=Now() - timedelta(minutes=1))
    Worker.objects.filter(pk=stopped.pk).update(ended_at=Now())
    sweep()
    journal.sweep()
    sweep()
    (alert,) = of("worker")
    assert alert.subject == str(dead.pk)
    assert dead.name in text_of(alert)
    assert well.name not in text_of(alert)


def test_every_active_member_of_staff_is_told_and_nobody_else(
    alice: User, staff: User, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_active=False)
    put(MODEL, opened())
    sweep()
    assert [n.recipient for n in AlertNotice.objects.all()] == [staff]


def test_without_staff_it_is_written_all_the_same(alice: User) -> None:
    put(MODEL, opened())
    assert sweep() == 1
    assert not AlertNotice.objects.exists()
