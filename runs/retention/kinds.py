"""What is deleted by age, after the days that `settings.RETENTION_DAYS` has for each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.sign_in_models import SignIn
from runs.alert_models import Alert, Kind
from runs.details import Detail
from runs.retention.emptying import delete_detail, forget_keys
from runs.webhook_models import WebhookDelivery


@dataclass(frozen=True, slots=True)
class OfRuns:
    """Something of ended runs; `delete` takes it from some of them and returns how many rows."""

    key: str
    delete: Callable[[Sequence[UUID]], int]
    count: str


@dataclass(frozen=True, slots=True)
class OfRows:
    """Rows with an age of their own; `older` finds those that are older, the oldest first."""

    key: str
    older: Callable[[timedelta], Sequence[QuerySet[Any]]]


def days_of(kind: str) -> int:
    """After how many days the kind is deleted; 0: never."""
    days: int = settings.RETENTION_DAYS[kind]
    return days


def kinds_of_runs() -> list[OfRuns]:
    """Those kinds of which something is deleted on this site, in their order."""
    every = [
        *(OfRuns(key, _deleting(key, detail), count) for key, detail, count in DETAILS),
        OfRuns("idempotency", forget_keys, "count(r.idempotency_key)"),
    ]
    return [kind for kind in every if days_of(kind.key)]


def kinds_of_rows() -> list[OfRows]:
    """The same of rows that belong to no run."""
    return [kind for kind in ROWS if days_of(kind.key)]


def _messages(age: timedelta) -> Sequence[QuerySet[Any]]:
    old = WebhookDelivery.objects.filter(created_at__lt=Now() - age)
    return (old.order_by("created_at"),)


def _alerts(age: timedelta) -> Sequence[QuerySet[Any]]:
    """Those of a window that never ends stay: they are what says that it was told."""
    endless = Q(kind__in=(Kind.BUDGET, Kind.SITE_BUDGET), ends_at=None)
    old = Alert.objects.filter(created_at__lt=Now() - age).exclude(endless)
    return (old.order_by("created_at"),)


def _sign_ins(age: timedelta) -> Sequence[QuerySet[Any]]:
    """Sessions that have ended, and then what is left of sign-ins without one."""
    ended = Session.objects.filter(expire_date__lt=Now() - age)
    session = Session.objects.filter(session_key=OuterRef("session_key"))
    left = SignIn.objects.filter(~Exists(session), seen_at__lt=Now() - age)
    return ended.order_by("expire_date"), left.order_by("seen_at")


ROWS = (
    OfRows("webhooks", _messages),
    OfRows("alerts", _alerts),
    OfRows("sign_ins", _sign_ins),
)
# A kind by its setting, the detail that it is, and how many rows of it a run `r` has.
DETAILS = (
    ("steps", Detail.STEPS, "sum((SELECT count(*) FROM runs_step WHERE run_id = r.id))"),
    ("events", Detail.EVENTS, "sum((SELECT count(*) FROM runs_runevent WHERE run_id = r.id))"),
    ("answers", Detail.ANSWER, "count(r.answer)"),
    ("tasks", Detail.TASK, "count(NULLIF(r.task, ''))"),
)


def _deleting(key: str, detail: Detail) -> Callable[[Sequence[UUID]], int]:
    return partial(delete_detail, detail, days=days_of(key))
