"""Workers read the providers' lists of models, and leave what they say of shutdowns."""

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.conf import settings as site
from redis import Redis

from agentsite.local.ports import free_port
from billing.providers import Provider
from runs.executor import listings
from runs.shutdowns import key_of
from tests.stack import wait_for

ANSWER = {"data": [{"id": "m", "shutdown_date": "2027-01-14"}, {"id": "n"}]}


class Lists(HTTPServer):
    """A provider that lists its models."""

    status = 200
    body = json.dumps(ANSWER).encode()

    class Answer(BaseHTTPRequestHandler):
        server: "Lists"

        def do_GET(self) -> None:
            self.server.asked.append((self.path, self.headers["authorization"]))
            self.send_response(self.server.status)
            self.end_headers()
            self.wfile.write(self.server.body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Answer)
        self.asked: list[tuple[str, str | None]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def provider(settings: Any) -> Iterator[Lists]:
    server = Lists()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    away = f"http://user:pass-word@127.0.0.1:{free_port()}/v1"
    settings.PROVIDERS = (
        Provider("one", ("m",), "one@127.0.0.1", address, api_key="sk-secret"),
        Provider("away", ("a",), "away@127.0.0.1", away),
        Provider("packaged", ("p",), "packaged", packaged=True),
    )
    yield server
    server.shutdown()
    with Redis.from_url(site.REDIS_URL) as redis:
        redis.delete(key_of("one@127.0.0.1"))


def left() -> dict[str, str] | None:
    with Redis.from_url(site.REDIS_URL) as redis:
        text = redis.get(key_of("one@127.0.0.1"))
    assert text is None or isinstance(text, bytes)
    return None if text is None else json.loads(text)


async def read_once(server: Lists) -> None:
    asked = len(server.asked)
    reading = asyncio.create_task(listings.keep_reading())
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.to_thread(wait_for, lambda: len(server.asked) > asked)
        await asyncio.sleep(0.3)
        reading.cancel()
        await reading


async def test_what_lists_say_is_left_for_all_processes(provider: Lists, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        await read_once(provider)

    assert left() == {"m": date(2027, 1, 14).isoformat()}
    assert provider.asked == [("/v1/models", "Bearer sk-secret")]
    (warned,) = [one for one in caplog.records if one.name == listings.logger.name]
    assert (warned.__dict__["provider"], warned.__dict__["error"]) == ("away", "ConnectError")


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (401, b"no key"), (200, b"<html>"), (302, b""), (200, b"x" * 17_000_000)],
)
async def test_a_list_that_can_not_be_read_changes_nothing(
    provider: Lists, caplog, status: int, body: bytes
) -> None:
    await read_once(provider)
    provider.status, provider.body = status, body
    with caplog.at_level(logging.WARNING):
        await read_once(provider)

    assert left() == {"m": "2027-01-14"}
    told = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "sk-secret" not in told
    assert "pass-word" not in told


async def test_a_list_that_says_no_more_of_it_takes_it_back(provider: Lists) -> None:
    await read_once(provider)
    provider.body = b'{"data": [{"id": "m", "shutdown_date": null}]}'
    await read_once(provider)

    assert left() == {}
