"""Pictures of providers' bills: one that is explained, one that isn't, one under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.models import ReconciledBucket, Reconciliation
from runs.alone import Work, alone
from runs.reconcile.counts import Counts, Kind
from tests.browser.screenshots.demo import Demo
from tests.browser.screenshots.view import View

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALL = Counts(1, 812, 128, 0, 224)


@contextmanager
def bill_views(demo: Demo) -> Iterator[list[View]]:
    """The list with its form, and a page of each state; no worker compares meanwhile."""
    with alone(Work.COMPARING) as kept:
        assert kept
        yield _views(demo)


def _views(demo: Demo) -> list[View]:
    explained = _bill(demo, state="agrees", name="usage-november.jsonl", resolved=[_call()])
    _rows(
        explained,
        [(Kind.BOUNDARY, CALL, Counts()), (Kind.IN_DOUBT, CALL, Counts(1, 2000, 0, 0, 1000))],
    )
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
    sides = {"provider_totals": asdict(CALL + CALL), "ledger_totals": asdict(CALL)}
    return Reconciliation.objects.create(**{**given, **span, **sides, **fields})


def _call() -> dict[str, str]:
    return {
        "run_id": "01980f6e-7c1b-7d62-9f0a-4b1f0c6f2a11",
        "step_key": "react/t2/think",
        "model": "gpt-4.1-mini",
        "was_usd": "0.0024",
        "is_usd": "0.000696",
    }


def _rows(one: Reconciliation, differing: list[tuple[Kind, Counts, Counts]]) -> None:
    agreeing = [(None, CALL, CALL)] * 4
    for number, (kind, provider, ledger) in enumerate([*agreeing, *differing]):
        ReconciledBucket.objects.create(
            reconciliation=one,
            starts_at=NOON + number * HOUR,
            ends_at=NOON + (number + 1) * HOUR,
            model="gpt-4.1-mini",
            provider=asdict(provider),
            ledger=asdict(ledger),
            kind=kind or "",
            usd=Decimal("-0.001704") if kind else Decimal(0),
        )
    one.differences = [
        {"kind": kind, "rows": 1, "usd": "-0.001704", **asdict(provider - ledger)}
        for kind, provider, ledger in differing
    ]
    one.save()
