"""Answers that wait for a run to end: `?wait=`, over the real ASGI application."""

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.services import revoke_token
from runs.api.watch import watch
from runs.models import Run
from runs.selectors.runs import Progress
from tests import journal
from tests.asgi import request
from tests.factories import RunFactory, set_budget
from tests.pace import limit, seconds_of
from tests.stack import wait_for
from web.late import LateApiView, LateResponse

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/runs/"
POOL_SIZE = 8
WAIT_S = 90


def finish_all(count: int) -> None:
    """Wait for this many queued runs, then do what a worker does."""
    wait_for(lambda: Run.objects.filter(status="queued").count() == count)
    for run in Run.objects.filter(status="queued"):
        journal.succeed(run)


def test_a_waiting_submit_answers_when_the_run_has_ended(key, in_background):
    in_background(lambda: finish_all(1))
    started = time.monotonic()

    answer = asyncio.run(request(key, "POST", f"{URL}?wait=60", {"task": "x"}).get_response(WAIT_S))

    body = json.loads(answer["body"])
    assert (answer["status"], body["status"], body["answer"]) == (200, "succeeded", "42")
    assert dict(answer["headers"])[b"Location"].decode() == body["links"]["self"]
    assert time.monotonic() - started < 50


def test_a_waiting_submit_says_what_is_left_at_its_end(key, in_background, alice):
    set_budget(1, scope="user", user=alice)
    in_background(lambda: finish_all(1))

    answer = asyncio.run(request(key, "POST", f"{URL}?wait=60", {"task": "x"}).get_response(WAIT_S))

    left = Decimal(dict(answer["headers"])[b"X-Budget-Remaining-USD"].decode())
    assert left == 1 - Decimal(json.loads(answer["body"])["cost_usd"]) < 1


def test_a_waiting_submit_answers_202_when_the_time_is_up(key):
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=1", {"task": "x"}).get_response(WAIT_S))

    assert (answer["status"], json.loads(answer["body"])["status"]) == (202, "queued")


def test_a_replayed_submit_of_an_ended_run_does_not_wait(api_for, alice):
    api = api_for(alice)
    options = {"format": "json", "HTTP_IDEMPOTENCY_KEY": "k"}
    api.post(URL, {"task": "x"}, **options)
    finish_all(1)
    usual_s = seconds_of(lambda: api.post(URL, {"task": "x"}, **options))
    started = time.monotonic()

    answer = api.post(f"{URL}?wait=60", {"task": "x"}, **options)

    assert time.monotonic() - started < limit(1, usual_s)
    assert (answer.status_code, answer.json()["answer"]) == (200, "42")
    assert answer["Idempotency-Replayed"] == "true"


def test_waiting_requests_hold_no_connections(key, in_background):
    waiting = POOL_SIZE + 4
    in_background(lambda: finish_all(waiting))

    async def all_at_once() -> Any:
        requests = [
            request(key, "POST", f"{URL}?wait=60", {"task": str(number)})
            for number in range(waiting)
        ]
        return await asyncio.gather(*(one.get_response(WAIT_S) for one in requests))

    answers = asyncio.run(all_at_once())

    assert [answer["status"] for answer in answers] == [200] * waiting


def test_the_first_answer_holds_when_the_database_goes_away_meanwhile():
    async def gone() -> None:
        raise OperationalError

    class View(LateApiView):
        authentication_classes = permission_classes = ()

        def get(self, request: Any) -> Response:
            return LateResponse({"first": True}, status=202, later=gone)

    answer = asyncio.run(View.as_view()(RequestFactory().get("/")))

    assert (answer.status_code, answer.data) == (202, {"first": True})


def test_a_refused_submit_does_not_wait(key):
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=60", {"task": ""}).get_response(WAIT_S))

    assert answer["status"] == 400


def test_a_wait_tells_nothing_to_a_token_that_was_revoked_meanwhile(key, in_background):
    def revoke_and_finish() -> None:
        wait_for(Run.objects.exists)
        revoke_token(token=ApiToken.objects.get())
        finish_all(1)

    in_background(revoke_and_finish)
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=30", {"task": "x"}).get_response(WAIT_S))

    body = json.loads(answer["body"])
    assert (answer["status"], body["status"], body["answer"]) == (202, "queued", None)


def test_a_tick_that_fails_leaves_nobody_waiting(alice):
    run = RunFactory.create(owner=alice)

    async def look() -> list[Progress | None]:
        # What isn't an id fails in the database's library, whoever else looks at that tick.
        not_an_id: Any = "not an id"
        with_it = asyncio.gather(watch().look(run.pk), watch().look(not_an_id))
        return [*await asyncio.wait_for(with_it, WAIT_S), await watch().look(run.pk)]

    assert asyncio.run(look()) == [None, None, Progress(run.last_seq, ended=False)]
