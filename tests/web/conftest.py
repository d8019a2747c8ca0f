"""What tests of counting share."""

import secrets

import pytest


@pytest.fixture
def who() -> str:
    """Someone whom no other test counts."""
    return secrets.token_hex(8)
