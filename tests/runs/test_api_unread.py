"""A token that may submit and not read learns where its run is, and nothing of what it says."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from runs.models import Run
from tests import journal
from tests.asgi import request

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/runs/"


def test_a_replay_shows_no_answer(alice: User, api_for: Callable[..., APIClient]) -> None:
    client = api_for(alice, ["runs:write"])

    def send() -> Any:
        return client.post(URL, {"task": "x"}, format="json", headers={"Idempotency-Key": "k1"})

    first = send()
    journal.succeed(Run.objects.get(), answer="The secret is 42")
    again = send()
    for answer in (first, again):
        assert answer.status_code == 202
        assert set(answer.json()) == {"id", "status", "links"}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert b"secret" not in again.content


def test_waiting_shows_no_answer_and_does_not_wait(alice: User) -> None:
    _, key = ApiToken.objects.issue(user=alice, name="t", scopes=["runs:write"])
    began = time.monotonic()
    answer = asyncio.run(
        request(key, "POST", f"{URL}?wait=60", {"task": "x"}).get_response(timeout=90)
    )
    assert answer["status"] == 202
    assert set(json.loads(answer["body"])) == {"id", "status", "links"}
    assert time.monotonic() - began < 50
