"""Months of several users, for the figures that staff read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from runs.models import Run
from tests import journal
from tests.factories import RunFactory


def spend(owner: User, *, days_ago: int = 0, status: str = "succeeded", **options: Any) -> Run:
    """A run of two calls that were charged so many days ago."""
    run = journal.start(RunFactory.create(owner=owner, **{"simulated": False, **options}))
    held_at = datetime.now(UTC) - timedelta(days=days_ago)
    journal.buy(run, held_at=held_at)
    journal.buy(run, "react/t2/think", held_at=held_at, fresh=1236, cached=17, output=248)
    return journal.finish(run, status=status, stop_reason="completed")


def doubt(owner: User, **options: Any) -> Run:
    """A run whose worker died in mid-call."""
    run = journal.start(RunFactory.create(owner=owner, **{"simulated": False, **options}))
    journal.dispatch(run)
    journal.lose_worker(run)
    return run
