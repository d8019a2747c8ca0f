"""The ledger's side of the recorded export: one call for each kind of difference."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import User
from billing.models import Hold, LedgerEntry
from runs.models import Run
from tests import journal
from tests.factories import RunFactory

EXPORTS = Path(__file__).parent / "exports"
OPENAI = EXPORTS / "openai.jsonl"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "key_site"
USED: dict[str, Any] = {"fresh": 900, "cached": 100, "output": 200}


def _run(owner: User) -> Run:
    run = RunFactory.create(owner=owner, simulated=False, provider="openai")
    return journal.start(run)


def at(minute: float, run: Run, key: str) -> int:
    """A call that is dispatched so many minutes after noon."""
    return journal.dispatch(run, key, held_at=NOON + timedelta(minutes=minute))


def ends(hold: int, minute: float) -> None:
    """The call's lines were written so many minutes after noon."""
    moment = NOON + timedelta(minutes=minute)
    with connection.cursor() as cursor:
        # The ledger is append-only while its triggers are on.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_ledgerentry DISABLE TRIGGER USER")
        LedgerEntry.objects.filter(hold_id=hold).update(charged_at=moment)
        cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER USER")
    Hold.objects.filter(pk=hold).update(closed_at=moment)


def buy(run: Run, key: str, minute: float, until: float, **usage: Any) -> None:
    """A whole call."""
    hold = at(minute, run, key)
    journal.settle(run, hold, **{**USED, **usage})
    ends(hold, until)


def lose(owner: User, key: str, minute: float, until: float) -> Run:
    """A call whose worker died; it is charged at its most."""
    run = _run(owner)
    hold = at(minute, run, key)
    journal.lose_worker(run)
    ends(hold, until)
    return run


def ledger(owner: User) -> list[Run]:
    """All of it; returns the runs whose calls are in doubt, first the one that was billed."""
    run = _run(owner)
    buy(run, "react/t1/think", 0.2, 0.3)
    buy(run, "react/t2/think", 1.2, 1.3)
    # The provider counted one of these by its beginning, the other by its end.
    buy(run, "react/t3/think", 1.95, 2.05)
    buy(run, "react/t7/think", 0.95, 1.05)
    buy(run, "react/t4/think", 5.2, 5.4, fresh=812, cached=0, output=900, confidence="estimated")
    refused = at(6.1, run, "react/t5/think")
    journal.fail(run, refused, code="provider_error")
    ends(refused, 6.2)
    buy(run, "react/t6/think", 7.4, 7.5)
    billed = lose(owner, "react/t1/think", 3.1, 3.6)
    never = lose(owner, "react/t1/think", 4.1, 4.6)
    return [billed, never]
