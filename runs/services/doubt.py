"""Ending doubt about money: staff say what a call cost whose outcome is not known."""

from dataclasses import astuple, dataclass
from decimal import ROUND_CEILING, Decimal

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from billing.errors import NotInDoubt
from billing.functions import usage as charged
from billing.models import Hold, LedgerEntry
from billing.models.ledger import STANDING
from billing.money import PER_TOKEN, UnitPrices, format_usd
from billing.pricing import price_of
from billing.statements import run as execute
from runs import functions, hints
from runs.errors import InvalidSubmission
from runs.functions import Outcome
from runs.models import Run

MAX_TOKENS = 10**9


@dataclass(frozen=True, slots=True)
class KnownUsage:
    """The usage of a call as the provider's own pages show it; the buckets are disjoint."""

    fresh_input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0

    @property
    def input_tokens(self) -> int:
        """All tokens that were sent."""
        return self.fresh_input_tokens + self.cached_input_tokens + self.cache_write_tokens

    @property
    def counts(self) -> dict[str, int]:
        """By the names of `UnitPrices.cost`."""
        return {
            "fresh_input": self.fresh_input_tokens,
            "cached_input": self.cached_input_tokens,
            "cache_write": self.cache_write_tokens,
            "output": self.output_tokens,
        }


@dataclass(frozen=True, slots=True)
class Settled:
    """A line that exact usage replaced, and what the call has cost."""

    entry: LedgerEntry
    amount_usd: Decimal


def resolve_doubt(
    *, entry: LedgerEntry, by: User, reason: str, known: KnownUsage | Decimal
) -> Decimal:
    """Replace a line in doubt by what the call is now believed to have cost; returns that amount.

    `known` is its usage, or a dollar amount, which is rounded up to whole tokens. The new line is
    an estimate: exact usage that arrives later supersedes it. The decision goes into the admin's
    log. Raises `NotInDoubt`, `InvalidSubmission`. Locks: the run row, windows, the hold.
    """
    if isinstance(known, Decimal):
        known, unit = _at_amount(entry, known), _prices_of(entry)
    else:
        unit = _prices_for(entry, known)
    amount = unit.cost(**known.counts)
    usage = charged(**known.counts, reasoning=0, unit=unit)
    note = f"Staff settled it at ${format_usd(amount)}: {reason}"
    with transaction.atomic():
        answer = execute(functions.resolve(line_id=entry.pk, usage=usage, note=note))
        if answer.outcome != Outcome.RESOLVED:
            raise NotInDoubt
        _log(entry, by, note)
        _record(entry, by, amount)
        transaction.on_commit(lambda: hints.publish_soon(entry.run_id, answer.events))
    return amount


def settle_exactly(
    *, hold_id: int, known: KnownUsage, source: str, tier: str = ""
) -> Settled | None:
    """Replace a line in doubt, also one that staff resolved, by what the provider counted.

    The ledger keeps the old line, its reversal and the exact one. `source` says where the count is
    from. None where the call is no longer in doubt. Raises `InvalidSubmission`. Locks: the run row,
    windows, the hold.
    """
    run_id = Hold.objects.values_list("run_id", flat=True).get(pk=hold_id)
    with transaction.atomic():
        # Whoever moves this call's money locks its run first.
        Run.objects.select_for_update().filter(pk=run_id).first()
        if Hold.objects.get(pk=hold_id).state != Hold.State.IN_DOUBT:
            return None
        entry = LedgerEntry.objects.get(STANDING, hold_id=hold_id)
        unit = _prices_for(entry, known, tier)
        amount = unit.cost(**known.counts)
        usage = charged(**known.counts, reasoning=known.reasoning_tokens, unit=unit)
        answer = execute(functions.settle_exactly(run_id=run_id, hold=hold_id, usage=usage))
        note = f"Its exact usage came to ${format_usd(amount)}: {source}"
        execute(functions.note_on_step(run_id=run_id, hold=hold_id, note=note))
        transaction.on_commit(lambda: hints.publish_soon(run_id, answer.events))
    return Settled(entry, amount)


def _prices_of(entry: LedgerEntry) -> UnitPrices:
    return UnitPrices(
        entry.input_price, entry.cached_input_price, entry.cache_write_price, entry.output_price
    )


def _prices_for(entry: LedgerEntry, known: KnownUsage, tier: str = "") -> UnitPrices:
    """The model's prices when the call was made; those of the hold where it had none."""
    if not all(0 <= count <= MAX_TOKENS for count in astuple(known)):
        raise InvalidSubmission("Tokens are between 0 and a thousand million.", field="usage")
    if found := price_of(entry.model, at=entry.held_at):
        return found.at(known.input_tokens, tier)
    return _prices_of(entry)


def _at_amount(entry: LedgerEntry, amount: Decimal) -> KnownUsage:
    """Whole tokens that come to the amount, or to as little more as one token makes."""
    if not (amount.is_finite() and 0 <= amount <= entry.amount):
        limit = format_usd(entry.amount)
        raise InvalidSubmission(
            f"It can have cost between $0 and ${limit}, which was held.", field="amount_usd"
        )
    per_input, per_output = entry.input_price * PER_TOKEN, entry.output_price * PER_TOKEN
    fresh = min(entry.fresh_input_tokens, int(amount / per_input)) if per_input else 0
    rest = amount - fresh * per_input
    if per_output:
        return KnownUsage(fresh, 0, 0, _whole(rest / per_output))
    return KnownUsage(_whole(amount / per_input) if per_input else 0, 0, 0, 0)


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_CEILING))


def _record(entry: LedgerEntry, by: User, amount: Decimal) -> None:
    record(
        Action.DOUBT_RESOLVED,
        user_id=entry.owner_id,
        by_id=by.pk,
        about=entry,
        before={"amount_usd": format_usd(entry.amount), "confidence": entry.confidence},
        after={"amount_usd": format_usd(amount), "run": entry.run_id},
    )


def _log(entry: LedgerEntry, by: User, note: str) -> None:
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(LedgerEntry),
        object_id=str(entry.pk),
        object_repr=str(entry)[:200],
        action_flag=CHANGE,
        change_message=note,
    )
