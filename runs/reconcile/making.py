"""Making the comparisons that were asked for: one at a time, by whichever worker comes first."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from billing.models import ReconciledBucket, Reconciliation
from billing.money import format_usd
from billing.providers import Provider
from runs.alone import Work, alone
from runs.errors import InvalidSubmission
from runs.reconcile.counts import Counts, Export
from runs.reconcile.errors import BadExport, NotFetched
from runs.reconcile.fetching import fetch_export
from runs.reconcile.report import Own, Report, compare
from runs.reconcile.rows import Row
from runs.reconcile.selectors import base_prices, calls_between
from runs.reconcile.services import provider_named, read_export
from runs.services import KnownUsage, Settled, settle_exactly
from web.database_clock import database_time

State = Reconciliation.State
OPEN = Q(state__in=[State.WAITING, State.RUNNING])
BATCH = 1000
# What a column of money holds.
MOST_USD = Decimal(10) ** 8

logger = logging.getLogger(__name__)


class Interrupted(Exception):
    """The process has to end; another one begins anew."""


def run_waiting(ending: Callable[[], bool] = lambda: False) -> int:
    """Make all comparisons that wait, or whose worker died; returns how many were made.

    Makes none while another process makes some. Stops soon once `ending` says so.
    """
    made = 0
    with alone(Work.COMPARING) as may, suppress(Interrupted):
        while may and (one := Reconciliation.objects.filter(OPEN).order_by("id").first()):
            _Making(one, ending).make()
            made += 1
    return made


class _Making:
    def __init__(self, one: Reconciliation, ending: Callable[[], bool]) -> None:
        self._one = one
        self._ending = ending

    def make(self) -> None:
        """Compare, resolve and keep. What is wrong with the figures is kept too."""
        try:
            self._tell("Reading")
            report = self._report()
            self._resolve(report.found)
        except Interrupted:
            raise
        except (BadExport, NotFetched, InvalidSubmission) as problem:
            self._end(State.FAILED, error=str(problem))
        except Exception:
            logger.exception("a comparison failed", extra={"reconciliation": str(self._one.pk)})
            self._end(State.FAILED, error="Something is wrong on our side; the log says what.")
        else:
            self._keep(report)

    def _report(self) -> Report:
        one, provider = self._one, provider_named(self._one.provider)
        export = self._export(provider)
        one.starts_at, one.ends_at = export.span
        one.save(update_fields=["starts_at", "ends_at"])
        self._tell("Reading the ledger")
        calls = calls_between(provider, one.starts_at, one.ends_at)
        self._tell(f"Comparing {len(calls):,} calls")
        models = {*map(provider.own_name, provider.models), *(call.model for call in calls)}
        named = {row.model for row in export.usage if row.model}
        own = Own(
            keys=frozenset(one.api_keys),
            models=models,
            prices=base_prices(provider, models | named),
            complete_until=database_time() - timedelta(minutes=settings.RECONCILE_AFTER_MIN),
        )
        report = compare(export, calls, own)
        _check_sums(report)
        return report

    def _export(self, provider: Provider) -> Export:
        one = self._one
        if one.starts_at and one.ends_at and one.source == Reconciliation.Source.FETCHED:
            return fetch_export(provider, one.starts_at, one.ends_at, self._tell)
        return read_export(one.document)

    def _resolve(self, found: Mapping[int, Counts]) -> None:
        """Settle what was found; lines that changed meanwhile are left alone."""
        one = self._one
        for number, (hold, counts) in enumerate(found.items(), 1):
            self._tell(f"Resolving call {number:,} of {len(found):,} in doubt")
            known = KnownUsage(
                counts.fresh_input, counts.cached_input, counts.cache_write, counts.output
            )
            with transaction.atomic():
                settled = settle_exactly(hold_id=hold, known=known, source=f"{one.provider}'s bill")
                if settled is None:
                    continue
                one.resolved.append(_resolved(settled))
                one.save(update_fields=["resolved"])

    @transaction.atomic
    def _keep(self, report: Report) -> None:
        one = self._one
        one.buckets.all().delete()
        rows = (_bucket(one, row) for row in report.rows)
        ReconciledBucket.objects.bulk_create(rows, batch_size=BATCH)
        self._end(
            State.DIFFERS if report.unexplained else State.AGREES,
            provider_totals=asdict(report.provider),
            ledger_totals=asdict(report.ledger),
            differences=[
                {"kind": sums.kind, "rows": sums.rows, "usd": format_usd(sums.usd)}
                | asdict(sums.counts)
                for sums in report.sums
            ],
            unexplained=report.unexplained,
        )

    def _tell(self, progress: str) -> None:
        if self._ending():
            raise Interrupted
        mine = Reconciliation.objects.filter(pk=self._one.pk)
        mine.update(state=State.RUNNING, progress=progress)

    def _end(self, state: str, **found: object) -> None:
        mine = Reconciliation.objects.filter(pk=self._one.pk)
        mine.update(state=state, progress="", document="", finished_at=Now(), **found)


def _resolved(settled: Settled) -> dict[str, str]:
    return {
        "run_id": str(settled.entry.run_id),
        "step_key": settled.entry.step_key,
        "model": settled.entry.model,
        "was_usd": format_usd(settled.entry.amount),
        "is_usd": format_usd(settled.amount_usd),
    }


def _check_sums(report: Report) -> None:
    """Raise `BadExport` where a difference is more than a sum of money can be."""
    for row in report.rows:
        if row.usd is not None and abs(row.usd) >= MOST_USD:
            raise BadExport(f"“{row.model[:40]}” comes to more dollars than anyone is billed.")


def _bucket(one: Reconciliation, row: Row) -> ReconciledBucket:
    return ReconciledBucket(
        reconciliation=one,
        starts_at=row.start,
        ends_at=row.end,
        model=row.model[:200],
        provider=asdict(row.provider),
        ledger=asdict(row.ledger),
        kind=row.kind or "",
        usd=row.usd,
        about_costs=row.about_costs,
    )
