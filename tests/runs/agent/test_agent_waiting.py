"""`POST /agent/run` waits for the result, over the real ASGI application."""

import asyncio
import json
from typing import Any

import pytest

from accounts.models import ApiToken
from accounts.services import revoke_token
from billing.statements import run as execute
from runs import functions
from runs.agent import api
from runs.models import Run
from tests import journal
from tests.asgi import request
from tests.stack import wait_for
from web.connections import in_any_thread

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_S = 90


def answer_to(key: str, body: dict[str, object], **headers: str) -> tuple[int, Any]:
    asked = request(key, "POST", "/agent/run", body, **headers)
    answer = asyncio.run(asked.get_response(WAIT_S))
    return answer["status"], json.loads(answer["body"])


def test_it_answers_with_the_result(key, in_background) -> None:
    in_background(lambda: journal.succeed(journal.queued()))

    status, body = answer_to(key, {"task": "six times 7", "pattern": "react", "max_iterations": 3})

    run = Run.objects.get()
    assert status == 200
    assert (body["success"], body["result"], body["error"]) == (True, "42", None)
    assert (
        body["metadata"].items()
        >= {
            "run_id": str(run.pk),
            "pattern": "react",
            "task_length": 11,
            "status": "succeeded",
            "error_code": None,
            "input_tokens": run.input_tokens,
        }.items()
    )
    assert body["metadata"]["cost_usd"] == f"{run.cost_usd:f}".rstrip("0")


def test_a_failed_run_is_an_answer_too(key, in_background) -> None:
    def fail() -> None:
        execute(functions.fail_waiting(run_id=journal.queued().pk, code="account_disabled"))

    in_background(fail)

    status, body = answer_to(key, {"task": "x"})

    assert (status, body["success"], body["result"]) == (200, False, None)
    assert body["error"]
    assert body["metadata"]["error_code"] == "account_disabled"


def test_one_that_outlasts_the_limit_is_asked_for_later(key, monkeypatch) -> None:
    monkeypatch.setattr(api, "MAX_WAIT_S", 1)

    status, body = answer_to(key, {"task": "x"})

    assert (status, body) == (202, {"task_id": str(Run.objects.get().pk), "status": "queued"})


def test_an_ended_run_is_told_again_at_once(key) -> None:
    header = {"idempotency-key": "k"}
    asyncio.run(
        request(key, "POST", "/agent/run/async", {"task": "x"}, **header).get_response(WAIT_S)
    )
    journal.succeed(journal.queued())

    status, body = answer_to(key, {"task": "x"}, **header)

    assert (status, body["result"]) == (200, "42")


def test_a_client_that_goes_away_changes_nothing(key) -> None:
    async def go_away() -> None:
        asked = request(key, "POST", "/agent/run", {"task": "x"})
        await asked.send_input({"type": "http.request", "body": asked.body})
        await in_any_thread(wait_for)(Run.objects.exists)
        await asked.send_input({"type": "http.disconnect"})
        await asked.wait(WAIT_S)

    asyncio.run(go_away())

    run = journal.queued()
    journal.succeed(run)
    run.refresh_from_db()
    assert run.answer == "42"


def test_a_token_revoked_meanwhile_is_told_nothing(key, in_background) -> None:
    def revoke_and_finish() -> None:
        run = journal.queued()
        revoke_token(token=ApiToken.objects.get())
        journal.succeed(run)

    in_background(revoke_and_finish)

    status, body = answer_to(key, {"task": "x"})

    assert (status, body["status"]) == (202, "queued")
