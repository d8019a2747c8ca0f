"""A past that estimates are made from."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from runs.models import Run
from runs.states import Status
from tests.factories import UserFactory

TASK = "What is 6 times 7?"


def past(costs: list[str], **fields: Any) -> None:
    """Ended runs of someone else, one for each cost; the n-th made n + 1 calls, at most 4."""
    now = timezone.now()
    common = {
        "owner": UserFactory.create(),
        "task": "x" * len(TASK),
        "pattern": "react",
        "model": "auto",
        "chosen_model": "gpt-4.1-mini",
        "provider": "simulator",
        "config": {"custom_instructions": "", "goals": [], "prompts": {}, "roles": {}},
        "simulated": True,
        "status": Status.SUCCEEDED,
        "deadline_at": now,
        "started_at": now,
        "finished_at": now,
    }
    Run.objects.bulk_create(
        Run(**{"llm_calls": min(4, n + 1), "cost_usd": Decimal(cost)} | common | fields)
        for n, cost in enumerate(costs)
    )
