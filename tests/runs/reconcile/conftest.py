"""A site that calls OpenAI, and the ledger that the recorded export is held against."""

import pytest
from pytest_django import Settings

from accounts.models import User
from runs.models import Run
from tests import providers
from tests.runs.reconcile import recorded


@pytest.fixture
def at_openai(settings: Settings) -> None:
    """The site calls OpenAI itself."""
    settings.SIMULATED = False
    settings.PROVIDERS = providers.openai()


@pytest.fixture
def in_doubt(alice: User) -> list[Run]:
    """The recorded ledger; the run of the call that was billed, then the other one."""
    return recorded.ledger(alice)
