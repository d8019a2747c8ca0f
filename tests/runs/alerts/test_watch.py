"""A silent site is told of: without workers, and without anyone who starts what recurs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from runs.alert_models import Alert, AlertLook, AlertNotice
from runs.alerts.sweep import sweep
from runs.alerts.watch import look_in_its_place, look_on_schedule
from runs.alerts.wording import words_of
from runs.models import Worker
from runs.tasks import tell_alerts
from tests.factories import RunFactory, WorkerFactory
from tests.race import race

pytestmark = pytest.mark.django_db

LONG = timedelta(minutes=20)


def old_worker(**fields: Any) -> Worker:
    """One that has been there for long."""
    worker = WorkerFactory.create()
    Worker.objects.filter(pk=worker.pk).update(started_at=Now() - LONG, **fields)
    return worker


def silent_for(span: timedelta) -> None:
    AlertLook.objects.update_or_create(pk=1)
    AlertLook.objects.update(scheduled_at=Now() - span, looked_at=Now() - span)


def of(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind))


def test_a_scheduler_that_is_silent_is_told_once_an_outage(staff: User) -> None:
    old_worker()
    look_on_schedule()
    assert of("scheduler") == []
    silent_for(LONG)
    assert look_in_its_place()
    assert not look_in_its_place()  # somebody has just looked
    AlertLook.objects.update(looked_at=F("looked_at") - LONG)
    assert look_in_its_place()
    (alert,) = of("scheduler")
    assert [n.recipient for n in alert.notices.all()] == [staff]
    assert "Workers were last asked for one at" in words_of(alert.kind, alert.data).text

    tell_alerts()
    assert not look_in_its_place()
    silent_for(LONG)
    look_in_its_place()
    assert len(of("scheduler")) == 2


def test_a_worker_that_has_just_come_was_not_asked_for_anything_yet(staff: User) -> None:
    WorkerFactory.create()
    silent_for(LONG)
    sweep()
    assert of("scheduler") == []


def test_without_workers_it_is_they_who_are_missed(staff: User) -> None:
    RunFactory.create()
    old_worker(expires_at=Now() - LONG / 2)
    old_worker(ended_at=Now() - LONG)
    silent_for(LONG)
    assert look_in_its_place()
    assert of("scheduler") == []
    (alert,) = of("no_workers")
    words = words_of(alert.kind, alert.data)
    assert "1 run waited in the queue" in words.text
    assert AlertNotice.objects.get(alert=alert).urgent
    sweep()
    assert len(of("no_workers")) == 1


@pytest.mark.parametrize("fields", [{}, {"ended_at": Now()}, {"expires_at": Now()}])
def test_a_worker_that_was_there_just_now_is_not_missed(
    staff: User, fields: dict[str, Any]
) -> None:
    old_worker(expires_at=Now() - LONG / 2)
    old_worker(**fields)
    sweep()
    assert of("no_workers") == []


def test_a_site_that_never_had_a_worker_is_new(staff: User) -> None:
    sweep()
    assert of("no_workers") == []


def test_while_the_scheduler_is_heard_of_nobody_else_looks(staff: User) -> None:
    assert not look_in_its_place()
    look_on_schedule()
    AlertLook.objects.update(looked_at=Now() - LONG)
    assert not look_in_its_place()


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_at_a_time_one_looks(staff: User) -> None:
    silent_for(LONG)
    assert race(look_in_its_place, look_in_its_place) is False


def test_workers_that_die_as_they_start_are_told_a_few_times_an_hour(staff: User) -> None:
    for _ in range(9):
        old_worker(expires_at=Now() - timedelta(minutes=1))
    old_worker()
    sweep()
    sweep()
    assert len(of("worker")) == 5
    Alert.objects.update(created_at=Now() - timedelta(hours=2))
    sweep()
    assert len(of("worker")) == 9
