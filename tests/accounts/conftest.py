"""What tests of sign-in and limits share."""

import secrets
from collections.abc import Callable

import pytest
from pytest_django import Settings


@pytest.fixture
def address() -> str:
    """A client address of this test's own, so that no other test counts on it."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


@pytest.fixture
def limit_to(settings: Settings) -> Callable[..., None]:
    """Set rate limits for this test; the windows are a day, so that none ends meanwhile."""

    def set_limits(**counts: int) -> None:
        rates = {name: f"{count}/d" for name, count in counts.items()}
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, **rates}

    return set_limits
