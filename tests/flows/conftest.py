"""Runs on a running site, submitted as a script does."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from runs.models import Run
from tests.flows.own_servers import own_postgres, prepared, site
from tests.stack_fixtures import (
    ended,
    every_flow,
    key,
    live_database,
    no_worker,
    owner,
    stack,
    worker,
)

__all__ = [
    "ended",
    "every_flow",
    "key",
    "live_database",
    "no_worker",
    "own_postgres",
    "owner",
    "prepared",
    "site",
    "stack",
    "worker",
]


@pytest.fixture
def api(key: str) -> APIClient:
    """The owner's API client."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


@pytest.fixture
def submit(api: APIClient) -> Callable[..., Run]:
    """Submit a task whose text is unique, so that the provider's ledger can be asked for it."""

    def submit(task: str, **body: object) -> Run:
        answer = api.post(
            "/api/v1/runs/", {"task": f"{task} ({uuid4().hex})", **body}, format="json"
        )
        assert answer.status_code == 202, answer.content
        return Run.objects.get(pk=answer.json()["id"])

    return submit
