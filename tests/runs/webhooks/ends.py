"""Runs that end, and so write messages."""

from accounts.models import User
from runs.models import Run
from tests import journal
from tests.factories import RunFactory


def end_a_run(owner: User) -> Run:
    """A run without a call that succeeds."""
    return journal.finish(journal.start(RunFactory.create(owner=owner)))
