"""The export, read from the ledger a batch at a time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import User
from billing.focus.columns import COLUMNS, TEXTS, BillingAccount, focus_rows
from billing.models import LedgerEntry
from web.csv_lines import csv_lines

LINES_AT_A_TIME = 500


def focus_csv(
    *, first: date, last: date, owner: User | None, simulated: bool, account: BillingAccount
) -> Iterator[str]:
    """The charges of these days (UTC, both included) as lines of CSV, the header first.

    In the ledger's order. Without an owner, the whole site's. No query is open between two lines.
    """
    entries = LedgerEntry.objects.select_related("owner").filter(
        held_at__gte=_midnight(first),
        held_at__lt=_midnight(last + timedelta(days=1)),
        simulated=simulated,
    )
    if owner is not None:
        entries = entries.filter(owner=owner)
    rows = (row for entry in _batched(entries) for row in focus_rows(entry, account))
    return csv_lines(rows, COLUMNS, TEXTS)


def _batched(entries: QuerySet[LedgerEntry]) -> Iterator[LedgerEntry]:
    following = ordered = entries.order_by("pk")
    while batch := list(following[:LINES_AT_A_TIME]):
        yield from batch
        following = ordered.filter(pk__gt=batch[-1].pk)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
