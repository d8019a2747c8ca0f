"""Which kill switches are pulled, and what their receipts say."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from billing.models import Confidence, Hold, LedgerEntry
from billing.models.ledger import STANDING
from runs.models import KillSwitch, Run, StoppedCall, StoppedRun
from runs.states import TERMINAL

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked to run."""

    owner_id: int
    api_token_id: UUID | None
    pattern: str


@dataclass(frozen=True, slots=True)
class Dollars:
    """What came of the calls that were under way at the stop; real or simulated ones.

    `held` is the most that they could cost. Of it `exact` and `estimated` are charged, `in_doubt`
    is charged at its most, and `open` is not settled yet.
    """

    held: Decimal = Decimal(0)
    exact: Decimal = Decimal(0)
    estimated: Decimal = Decimal(0)
    in_doubt: Decimal = Decimal(0)
    open: Decimal = Decimal(0)

    @property
    def charged(self) -> Decimal:
        """What they cost, as far as that is known."""
        return self.exact + self.estimated + self.in_doubt

    @property
    def doubt_bound(self) -> Decimal:
        """The most by which the charge may still change."""
        return self.in_doubt + self.open


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a switch stopped. Everything on it comes from rows that are never changed."""

    switch: KillSwitch
    runs: Mapping[str, int]  # how many were in each status
    run_ids: Sequence[UUID]  # the first of them
    ending: int  # how many have not ended yet
    calls: int
    calls_open: int
    last_byte_at: datetime | None  # when the last of the calls ended; None: open, or there was none
    real: Dollars
    simulated: Dollars

    @property
    def run_count(self) -> int:
        """All runs that it stopped."""
        return sum(self.runs.values())

    @property
    def last_byte_after(self) -> timedelta | None:
        """From the pull to the provider's last byte."""
        if self.last_byte_at is None:
            return None
        return max(self.last_byte_at - self.switch.pulled_at, timedelta(0))

    @property
    def stopped_after(self) -> timedelta | None:
        """From the pull until every run had been told to end; None while that goes on."""
        stopped = self.switch.stopped_at
        return None if stopped is None else stopped - self.switch.pulled_at


def switches_on() -> list[KillSwitch]:
    """All that are pulled, newest first."""
    return list(_switches().filter(lifted_at=None))


def stopping(switches: Iterable[KillSwitch], target: Target) -> KillSwitch | None:
    """The one of these switches that stops a target; None where none does."""
    scopes = KillSwitch.Scope
    for switch in switches:
        if (
            switch.scope == scopes.SITE
            or (switch.scope == scopes.USER and switch.user_id == target.owner_id)
            or (switch.scope == scopes.TOKEN and switch.api_token_id == target.api_token_id)
            or (switch.scope == scopes.PATTERN and switch.pattern == target.pattern)
        ):
            return switch
    return None


def recent_switches() -> list[KillSwitch]:
    """The newest ones, lifted or not."""
    return list(_switches()[:SHOWN])


def all_switches() -> QuerySet[KillSwitch]:
    """All of them, with the people and tokens that they name."""
    return _switches()


def _switches() -> QuerySet[KillSwitch]:
    return KillSwitch.objects.select_related("user", "api_token", "pulled_by", "lifted_by")


def named_runs(switch: KillSwitch) -> QuerySet[Run]:
    """The runs that a switch is about."""
    scopes = KillSwitch.Scope
    by_scope = {
        scopes.SITE: Q(),
        scopes.USER: Q(owner_id=switch.user_id),
        scopes.TOKEN: Q(api_token_id=switch.api_token_id),
        scopes.PATTERN: Q(pattern=switch.pattern),
    }
    return Run.objects.filter(by_scope[scopes(switch.scope)])


def receipt_of(switch: KillSwitch) -> Receipt:
    """The receipt of a switch, in a handful of queries."""
    stopped = list(StoppedRun.objects.filter(switch=switch).values_list("run_id", "status"))
    ids = [run_id for run_id, _ in stopped]
    calls = list(StoppedCall.objects.filter(switch=switch))
    holds = {call.hold_id for call in calls}
    states = dict(Hold.objects.filter(pk__in=holds).values_list("pk", "state"))
    still_open = {pk for pk, state in states.items() if state == Hold.State.DISPATCHED}
    return Receipt(
        switch=switch,
        runs=Counter(status for _, status in stopped),
        run_ids=ids[:SHOWN],
        ending=Run.objects.filter(pk__in=ids).exclude(status__in=TERMINAL).count(),
        calls=len(calls),
        calls_open=len(still_open),
        last_byte_at=None if still_open else _last_end(holds),
        real=_dollars(calls, still_open, simulated=False),
        simulated=_dollars(calls, still_open, simulated=True),
    )


def _last_end(holds: set[int]) -> datetime | None:
    """When the last call was settled: nothing of it comes from the provider after that."""
    ends = LedgerEntry.objects.filter(hold_id__in=holds).values("hold_id")
    charged = [row["end"] for row in ends.order_by().annotate(end=Min("charged_at"))]
    released = Hold.objects.filter(pk__in=holds, state=Hold.State.RELEASED)
    free = [at for at in released.values_list("closed_at", flat=True) if at is not None]
    return max([*charged, *free], default=None)


def _dollars(calls: Sequence[StoppedCall], still_open: set[int], *, simulated: bool) -> Dollars:
    mine = {call.hold_id: call.held_usd for call in calls if call.simulated == simulated}
    lines = LedgerEntry.objects.filter(STANDING, hold_id__in=mine)
    amounts: dict[str, Decimal] = dict.fromkeys(Confidence.values, Decimal(0))
    for confidence, amount in lines.values_list("confidence", "amount"):
        amounts[confidence] += amount
    return Dollars(
        held=sum(mine.values(), Decimal(0)),
        exact=amounts[Confidence.EXACT],
        estimated=amounts[Confidence.ESTIMATED],
        in_doubt=amounts[Confidence.IN_DOUBT],
        open=sum((mine[pk] for pk in mine if pk in still_open), Decimal(0)),
    )
