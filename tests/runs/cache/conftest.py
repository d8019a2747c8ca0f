"""A site that keeps answers for an hour, and runs of it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from runs.models import Run
from runs.services import Submission, submit_run
from tests import journal

TASK = "What is 6 times 7?"


@pytest.fixture(autouse=True)
def _kept_for_an_hour(settings) -> None:
    settings.RESULT_CACHE_S = 3600


@pytest.fixture
def submit(alice: User) -> Callable[..., Run]:
    """Submit a task of Alice's, always the same one unless told otherwise."""

    def submit(task: str = TASK, owner: User = alice, **fields: Any) -> Run:
        return submit_run(owner=owner, submission=Submission(task=task, **fields)).run

    return submit


@pytest.fixture
def paid(submit: Callable[..., Run]) -> Run:
    """A run that bought its answer, which used the calculator."""
    return journal.succeed(submit())
