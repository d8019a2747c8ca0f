"""The things that requests name."""

import pytest

from accounts.models import User
from tests.permissions.world import World


@pytest.fixture
def world(alice: User, bob: User, staff: User) -> World:
    return World(alice, bob, staff)
