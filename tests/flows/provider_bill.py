"""Our books against the bill that the provider keeps."""

from collections import Counter
from decimal import Decimal
from typing import Any

from billing.models import Hold, LedgerEntry
from billing.money import PER_TOKEN
from runs.models import Run
from tests.stack import Stack


def assert_never_below_the_provider(run: Run, billed: list[dict[str, Any]]) -> None:
    """Our ledger equals the provider's, or errs upwards on lines that say so."""
    ours = LedgerEntry.objects.filter(run_id=run.pk, reverses=None, reversed_by=None)
    unsure = ours.exclude(confidence="exact")
    provider = sum(
        (
            PER_TOKEN
            * (
                (entry["prompt_tokens"] - entry["cached_tokens"]) * Decimal("0.4")
                + entry["cached_tokens"] * Decimal("0.1")
                + entry["completion_tokens"] * Decimal("1.6")
            )
            for entry in billed
        ),
        Decimal(0),
    )
    if unsure:
        assert run.cost_usd >= provider
    else:
        assert run.cost_usd == provider


def assert_books_are_the_providers(run: Run, stack: Stack) -> None:
    """They differ only in lines that say so, and there upwards; nothing done is bought again."""
    billed = stack.provider_ledger(run.task)
    assert_never_below_the_provider(run, billed)
    exact = LedgerEntry.objects.filter(run_id=run.pk, confidence="exact").count()
    assert exact == run.steps.filter(kind="llm", status="done").count() <= len(billed)
    keys = Counter(run.steps.filter(status="done").values_list("key", flat=True))
    assert set(keys.values()) == {1}
    for done in run.steps.filter(status="done"):
        assert not run.steps.filter(key=done.key, attempt__gt=done.attempt).exists()
    assert not Hold.objects.filter(
        run_id=run.pk, state__in=["waiting", "held", "dispatched"]
    ).exists()
