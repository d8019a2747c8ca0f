"""Answers that wait for a run: `?wait=` and Server-Sent Events, over the real ASGI application."""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from channels.testing import HttpCommunicator
from django.core.asgi import get_asgi_application
from django.db import OperationalError, connection
from django.test import RequestFactory
from rest_framework.response import Response

from accounts.models import ApiToken
from runs.api import stream
from runs.api.waiting import Waiting, WaitingAPIView
from runs.api.watch import wait_for_end
from runs.models import Run
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/runs/"
POOL_SIZE = 8


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


def request(key: str, method: str, path: str, body: Any = None, **headers: str) -> HttpCommunicator:
    raw = b"" if body is None else json.dumps(body).encode()
    sent = [
        (b"host", b"testserver"),
        (b"authorization", f"Token {key}".encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(raw)).encode()),
        *((name.encode(), value.encode()) for name, value in headers.items()),
    ]
    return HttpCommunicator(get_asgi_application(), method, path, raw, sent)


def finish_all(count: int) -> None:
    """Wait for this many queued runs, then do what a worker does."""
    deadline = time.monotonic() + 8
    while Run.objects.filter(status="queued").count() < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for run in Run.objects.filter(status="queued"):
        journal.succeed(run)


def test_a_waiting_submit_answers_when_the_run_has_ended(key, in_background):
    in_background(lambda: finish_all(1))
    started = time.monotonic()

    answer = asyncio.run(
        request(key, "POST", f"{URL}?wait=20", {"task": "x"}).get_response(timeout=15)
    )

    body = json.loads(answer["body"])
    assert (answer["status"], body["status"], body["answer"]) == (200, "succeeded", "42")
    assert dict(answer["headers"])[b"Location"].decode() == body["links"]["self"]
    assert time.monotonic() - started < 10


def test_a_waiting_submit_says_what_is_left_at_its_end(key, in_background, alice):
    set_budget(1, scope="user", user=alice)
    in_background(lambda: finish_all(1))

    answer = asyncio.run(
        request(key, "POST", f"{URL}?wait=20", {"task": "x"}).get_response(timeout=15)
    )

    left = Decimal(dict(answer["headers"])[b"X-Budget-Remaining-USD"].decode())
    assert left == 1 - Decimal(json.loads(answer["body"])["cost_usd"]) < 1


def test_a_waiting_submit_answers_202_when_the_time_is_up(key):
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=1", {"task": "x"}).get_response(5))

    assert (answer["status"], json.loads(answer["body"])["status"]) == (202, "queued")


def test_a_replayed_submit_of_an_ended_run_does_not_wait(api_for, alice):
    api = api_for(alice)
    options = {"format": "json", "HTTP_IDEMPOTENCY_KEY": "k"}
    api.post(URL, {"task": "x"}, **options)
    finish_all(1)
    started = time.monotonic()

    answer = api.post(f"{URL}?wait=30", {"task": "x"}, **options)

    assert (answer.status_code, answer.json()["answer"]) == (200, "42")
    assert answer["Idempotency-Replayed"] == "true"
    assert time.monotonic() - started < 2


def test_waiting_requests_hold_no_connections(key, in_background):
    waiting = POOL_SIZE + 4
    in_background(lambda: finish_all(waiting))

    async def all_at_once() -> Any:
        requests = [
            request(key, "POST", f"{URL}?wait=30", {"task": str(number)})
            for number in range(waiting)
        ]
        return await asyncio.gather(*(one.get_response(timeout=15) for one in requests))

    answers = asyncio.run(all_at_once())

    assert [answer["status"] for answer in answers] == [200] * waiting


def test_the_first_answer_holds_when_the_database_goes_away_meanwhile():
    async def gone() -> None:
        raise OperationalError

    class View(WaitingAPIView):
        authentication_classes = permission_classes = ()

        def get(self, request: Any) -> Response:
            return Waiting({"first": True}, status=202, later=gone)

    answer = asyncio.run(View.as_view()(RequestFactory().get("/")))

    assert (answer.status_code, answer.data) == (202, {"first": True})


def test_a_refused_submit_does_not_wait(key):
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=30", {"task": ""}).get_response(5))

    assert answer["status"] == 400


class Outage:
    """Postgres refuses this test's database, and ends the connections that it has."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.database = address.path[1:]
        self.admin_url = address._replace(path="/postgres").geturl()

    def begin(self) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            self._allow(admin, "false")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.database],
            )

    def end(self) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            self._allow(admin, "true")

    def _allow(self, admin: Any, value: str) -> None:
        admin.execute(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS {value}')


def pool() -> Any:
    """The pool of Django's connections."""
    wrapper: Any = connection
    return wrapper.pool


@pytest.fixture
def outage(child_env, monkeypatch):
    monkeypatch.setattr(pool(), "timeout", 0.2)
    outage = Outage(child_env["DATABASE_URL"])
    yield outage
    outage.end()
    monkeypatch.undo()
    connection.close()


def test_waits_and_streams_outlive_an_outage_of_postgres(
    alice, in_background, outage, caplog, monkeypatch
):
    monkeypatch.setattr(stream, "RETRY_S", 0.1)
    run = journal.start(RunFactory.create(owner=alice))
    connection.close()
    outage.begin()

    def end_outage() -> None:
        deadline = time.monotonic() + 8
        for message in ("can't see their runs", "event stream waits"):
            while message not in caplog.text:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        outage.end()
        pool().timeout = 10
        journal.finish(run)

    async def wait_and_read() -> tuple[bool, str]:
        waiting = asyncio.create_task(wait_for_end(run.pk, 15))
        frames: Any = stream.event_stream(
            run.pk, 0, ended=False, holds=lambda: True
        ).streaming_content
        async with asyncio.timeout(15):
            body = b"".join([part async for part in frames])
        return await waiting, body.decode()

    in_background(end_outage)
    ended, body = asyncio.run(wait_and_read())

    assert ended
    assert [event["seq"] for event in events_in(body)] == [1, 2, 3]


async def read_stream(key: str, path: str, **headers: str) -> tuple[dict[bytes, bytes], str]:
    """The headers and the whole body of a stream that ends by itself."""
    sent = request(key, "GET", path, accept="text/event-stream", **headers)
    await sent.send_input({"type": "http.request", "body": b""})
    first = await sent.receive_output(10)
    body = b""
    while True:
        part = await sent.receive_output(10)
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    await sent.wait()
    return {**dict(first["headers"]), b"status": str(first["status"]).encode()}, body.decode()


def events_in(body: str) -> list[dict[str, Any]]:
    """The events of a stream; each one's id is its seq."""
    found = []
    for frame in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in frame.splitlines() if line[:1] != ":")
        if lines:
            event = json.loads(lines["data"])
            assert lines["id"] == str(event["seq"])
            found.append(event)
    return found


def test_a_stream_follows_a_run_to_its_end(key, alice, in_background):
    run = RunFactory.create(owner=alice)

    def work() -> None:
        time.sleep(0.5)
        journal.start(run)
        time.sleep(0.5)
        journal.use_tool(run)
        journal.finish(run)

    in_background(work)
    headers, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert headers[b"status"] == b"200"
    assert headers[b"Content-Type"] == b"text/event-stream"
    assert headers[b"Cache-Control"] == b"no-cache"
    assert [event["seq"] for event in events_in(body)] == [1, 2, 3, 4, 5]
    assert events_in(body)[-1]["type"] == "run.finished"


def test_a_stream_resumes_after_the_last_event_seen(key, alice, api_for):
    run = journal.succeed(RunFactory.create(owner=alice))
    path = f"{URL}{run.pk}/events/"
    stored = api_for(alice).get(path).json()["results"]

    _, whole = asyncio.run(read_stream(key, path))
    _, rest = asyncio.run(read_stream(key, f"{path}?after=1", **{"last-event-id": "4"}))
    _, nothing = asyncio.run(read_stream(key, f"{path}?after={run.last_seq}"))

    assert events_in(whole) == stored
    assert events_in(rest) == stored[4:]
    assert events_in(nothing) == []


def test_a_long_stream_comes_whole(key, alice, monkeypatch):
    monkeypatch.setattr(stream, "BATCH", 3)
    run = journal.succeed(RunFactory.create(owner=alice))

    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert [event["seq"] for event in events_in(body)] == list(range(1, run.last_seq + 1))


def test_a_quiet_stream_shows_that_it_is_alive(key, alice, monkeypatch, in_background):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    run = journal.start(RunFactory.create(owner=alice))

    def work() -> None:
        time.sleep(1)
        journal.finish(run)

    in_background(work)
    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert body.startswith(": connected\n\n")
    assert ": ping\n\n" in body
    assert events_in(body)[-1]["type"] == "run.finished"


def test_a_stream_ends_when_its_token_is_revoked(key, alice, monkeypatch, in_background):
    monkeypatch.setattr(stream, "RECHECK_S", 0.2)
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    run = journal.start(RunFactory.create(owner=alice))

    def revoke() -> None:
        time.sleep(0.5)
        ApiToken.objects.all().delete()
        time.sleep(2)
        journal.finish(run)

    in_background(revoke)
    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert [event["type"] for event in events_in(body)] == ["run.queued", "run.started"]


def test_a_wait_tells_nothing_to_a_token_that_was_revoked_meanwhile(key, in_background):
    def revoke_and_finish() -> None:
        while not Run.objects.exists():
            time.sleep(0.05)
        ApiToken.objects.all().delete()
        finish_all(1)

    in_background(revoke_and_finish)
    answer = asyncio.run(request(key, "POST", f"{URL}?wait=9", {"task": "x"}).get_response(12))

    body = json.loads(answer["body"])
    assert (answer["status"], body["status"], body["answer"]) == (202, "queued", None)


def test_errors_of_a_stream_are_problems(key, bob):
    run = RunFactory.create(owner=bob)

    headers, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert headers[b"status"] == b"404"
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert json.loads(body)["code"] == "not_found"
