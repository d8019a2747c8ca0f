"""Pictures of providers' bills: one that is explained, one that isn't, one under way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import mul
from typing import Any

from billing.models import ReconciledBucket, Reconciliation
from runs.alone import Work, alone
from runs.reconcile.counts import Counts, Kind, total
from runs.reconcile.rows import ASIDE
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALL, AT_MOST = Counts(1, 812, 128, 0, 224), Counts(1, 2000, 0, 0, 1000)
# Dollars per token, in the order of the counts; requests are free.
PRICES = (Decimal(0), *(Decimal(price) / 1_000_000 for price in ("0.4", "0.1", "0.4", "1.6")))
Differing = Sequence[tuple[Kind, Counts, Counts]]


@contextmanager
def bill_views(demo: Demo) -> Iterator[list[View]]:
    """The list with its form, and a page of each state; no worker compares meanwhile."""
    with alone(Work.COMPARING) as kept:
        assert kept
        yield _views(demo)


def _views(demo: Demo) -> list[View]:
    explained = _bill(demo, state="agrees", name="usage-november.jsonl", resolved=[_call()])
    late = [(Kind.BOUNDARY, Counts(), CALL), (Kind.BOUNDARY, CALL, Counts())]
    _rows(explained, [*late, (Kind.IN_DOUBT, CALL, AT_MOST)])
    differs = _bill(demo, state="differs", source="fetched", unexplained=1, by=None)
    _rows(differs, [(Kind.UNEXPLAINED, CALL + CALL, CALL), (Kind.NOT_OURS, CALL, Counts())])
    failed = _bill(
        demo,
        state="failed",
        name="october.csv",
        error="Line 3: “requests” is a whole number of 0 or more, not “twelve”.",
    )
    running = _bill(demo, state="running", name="big.jsonl", progress="Comparing 48,210 calls")
    return [
        View("bills", demo.maya, "/ops/bills/"),
        View("bill", demo.maya, f"/ops/bills/{explained.pk}/"),
        View("bill-all", demo.maya, f"/ops/bills/{explained.pk}/?all=1"),
        View("bill-unexplained", demo.maya, f"/ops/bills/{differs.pk}/"),
        View("bill-failed", demo.maya, f"/ops/bills/{failed.pk}/"),
        View("bill-running", demo.maya, f"/ops/bills/{running.pk}/"),
    ]


def _bill(demo: Demo, **fields: Any) -> Reconciliation:
    given = {"by": demo.maya, "provider": "openai", "source": "file", "api_keys": ["key_site"]}
    span = {"starts_at": NOON, "ends_at": NOON + 8 * HOUR}
    return Reconciliation.objects.create(**{**given, **span, **fields})


def _call() -> dict[str, str]:
    return {
        "run_id": "01980f6e-7c1b-7d62-9f0a-4b1f0c6f2a11",
        "step_key": "react/t2/think",
        "model": "gpt-4.1-mini",
        "was_usd": f"{_dollars(AT_MOST):f}",
        "is_usd": f"{_dollars(CALL):f}",
    }


def _dollars(counts: Counts) -> Decimal:
    return sum(map(mul, counts.numbers, PRICES), Decimal(0)).normalize()


def _rows(one: Reconciliation, differing: Differing) -> None:
    """Four buckets that agree, those that differ, and the sums of all."""
    rows = [*[("", CALL, CALL)] * 4, *differing]
    for number, (kind, provider, ledger) in enumerate(rows):
        ReconciledBucket.objects.create(
            reconciliation=one,
            starts_at=NOON + number * HOUR,
            ends_at=NOON + (number + 1) * HOUR,
            model="gpt-4.1-mini",
            provider=asdict(provider),
            ledger=asdict(ledger),
            kind=kind,
            usd=_dollars(provider - ledger),
        )
    compared = [row for row in rows if row[0] not in ASIDE]
    one.provider_totals = asdict(total(provider for _, provider, _ in compared))
    one.ledger_totals = asdict(total(ledger for _, _, ledger in compared))
    one.differences = [
        _summed(kind, [theirs - ours for found, theirs, ours in differing if found == kind])
        for kind in dict.fromkeys(kind for kind, _, _ in differing)
    ]
    one.save()


def _summed(kind: Kind, counts: Sequence[Counts]) -> dict[str, Any]:
    summed = total(counts)
    usd = f"{_dollars(summed):f}"
    return {"kind": kind, "rows": len(counts), "usd": usd, **asdict(summed)}
