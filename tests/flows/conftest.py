"""Runs on a running site, submitted as a script does."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from runs.models import Run
from tests.flows.model_server import ModelServer, Way
from tests.flows.own_servers import own_postgres, prepared, site
from tests.providers import openai
from tests.stack import Stack
from tests.stack_fixtures import (
    ended,
    every_flow,
    key,
    live_database,
    live_env,
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
    "live_env",
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


@pytest.fixture
def served(stack: Stack, settings: Any) -> Iterator[Callable[..., ModelServer]]:
    """Makes a site of these models with these prices, with a worker, and real dollars."""
    with ExitStack() as after:

        def served(ways: Mapping[str, Way], prices: Mapping[str, Mapping[str, str]]) -> ModelServer:
            server = ModelServer(ways)
            after.callback(server.close)
            settings.SIMULATED = False
            settings.PROVIDERS = openai(tuple(prices), base_url=server.url)
            settings.PROVIDER_MODELS = tuple(prices)
            settings.MODEL_PRICES = {
                model: {bucket: Decimal(usd) for bucket, usd in price.items()}
                for model, price in prices.items()
            }
            worker = stack.start_worker(
                "served",
                OPENAI_BASE_URL=server.url,
                OPENAI_API_KEY="sk-test",
                OPENAI_MODELS=",".join(prices),
                MODEL_PRICES=json.dumps(prices),
            )
            after.callback(stack.stop, worker)
            return server

        yield served
