"""The ledger's side of a comparison, and the comparisons that were made."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery

from billing.models import Confidence, Hold, LedgerEntry, ReconciledBucket, Reconciliation
from billing.models.ledger import STANDING
from billing.money import UnitPrices
from billing.pricing import prices_of
from billing.providers import Provider
from billing.served import plain_name
from runs.details import Detail
from runs.models import Run, Step
from runs.reconcile.counts import Call, Counts, Sure
from runs.reconcile.spans import LONGEST
from web.database_clock import database_time

SURE = {
    Confidence.EXACT: Sure.EXACT,
    Confidence.ESTIMATED: Sure.ESTIMATED,
    Confidence.IN_DOUBT: Sure.IN_DOUBT,
}


def calls_between(provider: Provider, start: datetime, end: datetime) -> list[Call]:
    """All attempts that may have been answered in this time, by hold."""
    held = Q(provider=provider.name, held_at__gt=start - LONGEST, held_at__lt=end)
    return [*_charged(provider, held), *_failed(provider, held), *_under_way(provider, held)]


def _charged(provider: Provider, held: Q) -> Iterator[Call]:
    """Those with a line; the first line of a call was written at its end, whatever replaced it."""
    ended = (
        LedgerEntry.objects.filter(hold=OuterRef("hold"))
        .order_by()
        .values("hold")
        .annotate(at=Min("charged_at"))
        .values("at")
    )
    standing = (
        LedgerEntry.objects.filter(STANDING, held)
        .select_related("hold")
        .annotate(ended_at=Subquery(ended))
        .order_by("hold_id")
    )
    for line in standing.iterator():
        is_open = line.hold.state == Hold.State.IN_DOUBT
        yield Call(
            hold=line.hold_id,
            model=provider.own_name(line.model),
            began=line.held_at,
            ended=line.ended_at,
            sure=SURE[Confidence(line.confidence)],
            counts=_counts(line),
            amount=line.amount,
            most=_most(line.hold),
            most_usd=line.hold.amount,
            open_line=line.pk if is_open else None,
        )


def _failed(provider: Provider, held: Q) -> Iterator[Call]:
    """Attempts that were sent and charged nothing. Money that was never sent has no step; where a
    run's steps were deleted, nobody can tell.
    """
    sent = Step.objects.filter(run_id=OuterRef("run_id"), hold_id=OuterRef("pk"))
    emptied = Run.objects.filter(pk=OuterRef("run_id"), deleted_details__has_key=Detail.STEPS.value)
    released = Hold.objects.filter(held, state=Hold.State.RELEASED, kind=Hold.Kind.CALL)
    for hold in released.filter(Exists(sent) | Exists(emptied)).order_by("id").iterator():
        yield _unpaid(provider, hold, Sure.FAILED, hold.closed_at or hold.held_at)


def _under_way(provider: Provider, held: Q) -> Iterator[Call]:
    """Attempts that aren't settled: they may be counted, and what is counted may be theirs."""
    now = database_time()
    for hold in Hold.objects.filter(held, state=Hold.State.DISPATCHED).order_by("id").iterator():
        yield _unpaid(provider, hold, Sure.IN_DOUBT, now)


def _unpaid(provider: Provider, hold: Hold, sure: Sure, ended: datetime) -> Call:
    return Call(
        hold=hold.pk,
        model=provider.own_name(hold.model),
        began=hold.held_at,
        ended=ended,
        sure=sure,
        counts=Counts(),
        amount=Decimal(0),
        most=_most(hold),
        most_usd=hold.amount,
    )


def _counts(line: LedgerEntry) -> Counts:
    """Its tokens; a call that turned out to have used none was no request to the provider."""
    tokens = (
        line.fresh_input_tokens,
        line.cached_input_tokens,
        line.cache_write_tokens,
        line.output_tokens,
    )
    return Counts(int(any(tokens)), *tokens)


def _most(hold: Hold) -> Counts:
    return Counts(1, hold.max_input_tokens, 0, 0, hold.max_output_tokens)


def base_prices(provider: Provider, models: Iterable[str]) -> dict[str, UnitPrices]:
    """The base prices of models that the provider names, by their plain names."""
    ids = {provider.site_id(name) for name in models}
    return {
        plain_name(provider.own_name(model)): prices.base
        for model, prices in prices_of(ids, provider).items()
        if prices is not None
    }


def reconciliations() -> QuerySet[Reconciliation]:
    """All of them, newest first, without what is long."""
    return Reconciliation.objects.select_related("by").defer("document")


def buckets_of(reconciliation: Reconciliation, *, differing: bool) -> QuerySet[ReconciledBucket]:
    """Its rows in order: all, or those that differ."""
    rows = reconciliation.buckets.all()
    return rows.exclude(kind="") if differing else rows
