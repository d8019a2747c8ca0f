"""Things of Alice's, to be asked for."""

import pytest

from accounts.models import User
from runs.agent import api as agent_api
from tests.permissions.world import World


@pytest.fixture(autouse=True)
def nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is there: a call that waits for its run answers at once."""
    monkeypatch.setattr(agent_api, "MAX_WAIT_S", 0)


@pytest.fixture
def world(alice: User, bob: User, staff: User) -> World:
    return World(alice, bob, staff)
