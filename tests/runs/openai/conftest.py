"""Requests to /v1/ that get as far as a submit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from runs.intake.database import close


@pytest.fixture
def v1(transactional_db: None) -> Callable[..., Any]:
    """Send a request in an event loop whose connections end with it."""

    def send(key: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        async def sending() -> Any:
            client = AsyncClient()
            try:
                return await client.generic(
                    method,
                    f"/v1/{path}",
                    json.dumps(body) if body else "",
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {key}", **headers},
                )
            finally:
                await close()

        return async_to_sync(sending)()

    return send
