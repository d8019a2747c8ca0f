"""Forecasts of runs that have ended."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from runs.forecast_models import RunForecast


def scored(actuals: Sequence[object], **fields: Any) -> None:
    """Forecasts of 2 dollars, between 1 and 4, of runs that cost so much."""
    common = {
        "pattern": "react",
        "model": "gpt-4.1-mini",
        "simulated": True,
        "basis": "history",
        "sample_size": 30,
        "low_usd": Decimal(1),
        "p50_usd": Decimal(2),
        "high_usd": Decimal(4),
        "formula_usd": Decimal(8),
        "scored_at": timezone.now(),
    }
    RunForecast.objects.bulk_create(
        RunForecast(run_id=uuid4(), actual_usd=Decimal(str(actual)), **(common | fields))
        for actual in actuals
    )
