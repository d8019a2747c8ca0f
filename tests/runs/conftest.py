"""A caller of the API over ASGI, and the worker that plays along meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import ApiToken


@pytest.fixture
def key(alice) -> str:
    return ApiToken.objects.issue(user=alice, name="test")[1]


@pytest.fixture
def in_background():
    """Run a function in a thread of its own, and fail with it."""
    with ThreadPoolExecutor(2) as pool:
        started = []

        def start(function: Callable[[], Any]) -> None:
            def closing() -> None:
                try:
                    function()
                finally:
                    connection.close()

            started.append(pool.submit(closing))

        yield start
        for future in started:
            future.result(timeout=10)
