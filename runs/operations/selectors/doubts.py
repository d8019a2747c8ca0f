"""Money in doubt: charges of calls whose outcome is not known, each at the most it can be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import JSONObject

from accounts.models import User
from billing.models import LedgerEntry
from billing.models.ledger import IN_DOUBT
from billing.providers import ANSWERS_KEPT
from runs.models import Step

SHOWN = 50
OWNER = ("name", "email", "deleted_at")
# Of lines in doubt; a sum of none is None.
OPEN_SUMS = {
    "real": Sum("amount", filter=Q(simulated=False)),
    "unreal": Sum("amount", filter=Q(simulated=True)),
    "count": Count("pk"),
}
ASKS = "The site asks the provider. You can also compare a bill, or say what it cost."
TOO_OLD = "Too old to ask the provider: compare a bill, or say what it cost."
BY_HAND = "Compare a bill, or say what it cost."


@dataclass(frozen=True, slots=True)
class OpenDoubt:
    """A charge that nothing has replaced: why its outcome is not known, and what would tell."""

    entry: LedgerEntry
    why: str
    resolved_by: str


@dataclass(frozen=True, slots=True)
class Doubts:
    """Charges in doubt that no known cost has replaced: the newest ones, and the sums of all."""

    newest: Sequence[OpenDoubt]
    real_usd: Decimal
    simulated_usd: Decimal
    count: int

    @property
    def is_much(self) -> bool:
        """True from the threshold of the alert on, in this site’s kind of dollars."""
        usd = self.simulated_usd if settings.SIMULATED else self.real_usd
        return bool(self.count) and usd >= settings.ALERT_DOUBT_USD


def open_lines() -> QuerySet[LedgerEntry]:
    """Charges whose call's outcome is unknown and that no known cost has replaced."""
    return LedgerEntry.objects.filter(IN_DOUBT)


def open_doubt(entry_id: int, now: datetime) -> OpenDoubt | None:
    """One of them; None where it is none."""
    found = _with_reasons(open_lines().filter(pk=entry_id), now)
    return found[0] if found else None


def open_sums() -> dict[str, Any]:
    """The `real` and `unreal` dollars of these lines, and their `count`; one query."""
    return {name: total or 0 for name, total in open_lines().aggregate(**OPEN_SUMS).items()}


def doubts(now: datetime) -> Doubts:
    """The newest, and the sums of all; one query."""
    totals = {name: Window(total) for name, total in OPEN_SUMS.items()}
    newest = _with_reasons(open_lines().annotate(**totals).order_by("-id")[:SHOWN], now)
    first: Any = newest[0].entry if newest else None
    real, unreal, count = (getattr(first, name) or 0 for name in totals) if first else (0, 0, 0)
    return Doubts(newest, Decimal(real), Decimal(unreal), count)


def _with_reasons(lines: QuerySet[LedgerEntry], now: datetime) -> list[OpenDoubt]:
    """The lines with what their steps say."""
    steps = Step.objects.filter(
        run=OuterRef("run_id"), key=OuterRef("step_key"), attempt=OuterRef("attempt")
    )
    owners = User.objects.filter(pk=OuterRef("owner_id"))
    # Looked up for the lines that are shown, and not joined to all that are summed up.
    found: Iterable[Any] = lines.annotate(
        why=Subquery(steps.values("error")[:1]),
        of=Subquery(owners.values(of=JSONObject(**{name: name for name in OWNER}))[:1]),
    )
    return [_open(entry, now) for entry in found]


def _open(entry: Any, now: datetime) -> OpenDoubt:
    entry.owner = User(pk=entry.owner_id, **entry.of)
    return OpenDoubt(entry, (entry.why or {}).get("message", ""), _resolved_by(entry, now))


def _resolved_by(entry: LedgerEntry, now: datetime) -> str:
    asked = {provider.name for provider in settings.PROVIDERS if provider.reattach}
    if entry.provider not in asked:
        return BY_HAND
    return ASKS if now - entry.held_at < ANSWERS_KEPT else TOO_OLD
