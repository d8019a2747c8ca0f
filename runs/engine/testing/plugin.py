"""The pytest plugin: a fixture that plays cassettes of runs. It needs no Django and no site."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runs.engine.cassette.player import Player


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> "Callable[[str], Player]":
    """Loads a cassette, named from the folder of the test: `cassette("capital.json").check()`."""
    # Whoever has the plugin and doesn't use it shouldn't wait for the engine.
    from runs.engine.cassette.player import load

    return lambda name: load(request.path.parent / name)
