"""A run's events as Server-Sent Events, over the real ASGI application."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from accounts import jwts
from accounts.models import ApiToken
from accounts.services import revoke_token
from runs.api import stream
from runs.api.watch import wait_for_end
from runs.feed import checks, run_feed
from tests import journal
from tests.accounts.jwts import SECRET, signed
from tests.asgi import request, unseen, whole
from tests.factories import RunFactory
from tests.stack import wait_for
from web import pagination

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/runs/"


async def read_stream(
    key: str,
    path: str,
    *,
    method: str = "GET",
    seen: Callable[[bytes], None] = unseen,
    after: str = "",
) -> tuple[dict[bytes, bytes], str]:
    """The headers and the whole body of a stream that ends by itself."""
    headers = {"last-event-id": after} if after else {}
    sent = request(key, method, path, accept="text/event-stream", **headers)
    await sent.send_input({"type": "http.request", "body": b""})
    answer = await whole(sent, seen)
    return {**answer.headers, b"status": str(answer.status).encode()}, answer.body.decode()


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
    _, rest = asyncio.run(read_stream(key, f"{path}?after=1", after="4"))

    assert events_in(whole) == stored
    assert events_in(rest) == stored[4:]


def test_nothing_is_left_of_an_ended_run_after_its_last_event(key, alice):
    run = journal.succeed(RunFactory.create(owner=alice))
    last = str(run.last_seq)

    headers, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/", after=last))

    # An EventSource comes back after every end but a 204.
    assert (headers[b"status"], body) == (b"204", "")


def test_head_of_a_stream_answers_at_once(key, alice):
    run = journal.start(RunFactory.create(owner=alice))

    headers, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/", method="HEAD"))

    assert (headers[b"status"], body) == (b"200", "")
    assert headers[b"Content-Type"] == b"text/event-stream"


def test_a_long_stream_comes_whole(key, alice, monkeypatch):
    monkeypatch.setattr(pagination, "MAX_PAGE_BYTES", 1)
    run = journal.succeed(RunFactory.create(owner=alice))

    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert [event["seq"] for event in events_in(body)] == list(range(1, run.last_seq + 1))


def test_a_quiet_stream_shows_that_it_is_alive(key, alice, monkeypatch, in_background):
    monkeypatch.setattr(run_feed, "REREAD_S", 0.2)
    run = journal.start(RunFactory.create(owner=alice))

    pinged = threading.Event()

    def work() -> None:
        assert pinged.wait(90)
        journal.finish(run)

    def seen(body: bytes) -> None:
        if b": ping\n\n" in body:
            pinged.set()

    in_background(work)
    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/", seen=seen))

    assert body.startswith(": connected\n\n")
    assert events_in(body)[-1]["type"] == "run.finished"


def test_a_stream_ends_when_its_token_is_revoked(key, alice, monkeypatch, in_background):
    monkeypatch.setattr(checks, "CHECK_S", 0.2)
    run = journal.start(RunFactory.create(owner=alice))
    connected = threading.Event()

    def revoke() -> None:
        connected.wait()
        revoke_token(token=ApiToken.objects.get())

    in_background(revoke)
    path = f"{URL}{run.pk}/events/"
    _, body = asyncio.run(read_stream(key, path, seen=lambda body: connected.set()))

    assert [event["type"] for event in events_in(body)] == ["run.queued", "run.started"]


def test_a_stream_ends_when_its_jwt_expires(alice, monkeypatch, settings):
    monkeypatch.setattr(checks, "CHECK_S", 0.2)
    settings.JWT_SECRET_KEY = SECRET
    run = journal.start(RunFactory.create(owner=alice))
    key = signed(sub=str(alice.pk), exp=time.time() - jwts.LEEWAY_S + 10)

    _, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert [event["type"] for event in events_in(body)] == ["run.queued", "run.started"]


def test_errors_of_a_stream_are_problems(key, bob):
    run = RunFactory.create(owner=bob)

    headers, body = asyncio.run(read_stream(key, f"{URL}{run.pk}/events/"))

    assert headers[b"status"] == b"404"
    assert headers[b"Content-Type"] == b"application/problem+json"
    assert json.loads(body)["code"] == "not_found"


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
    monkeypatch.setattr(run_feed, "REREAD_S", 0.1)
    run = journal.start(RunFactory.create(owner=alice))
    connection.close()
    outage.begin()

    def end_outage() -> None:
        for message in ("can't see their runs", "live run waits"):
            wait_for(lambda: message in caplog.text)  # noqa: B023
        outage.end()
        pool().timeout = 90
        journal.finish(run)

    async def wait_and_read() -> tuple[bool, str]:
        waiting = asyncio.create_task(wait_for_end(run.pk, 90))
        frames: Any = stream.event_stream(
            run.pk, 0, user_id=run.owner_id, last_seq=run.last_seq, still_valid=lambda: True
        ).streaming_content
        async with asyncio.timeout(90):
            body = b"".join([part async for part in frames])
        return await waiting, body.decode()

    in_background(end_outage)
    ended, body = asyncio.run(wait_and_read())

    assert ended
    assert [event["seq"] for event in events_in(body)] == [1, 2, 3]
