"""A caller of the API over ASGI."""

import pytest

from accounts.models import ApiToken


@pytest.fixture
def key(alice) -> str:
    return ApiToken.objects.issue(user=alice, name="test")[1]
