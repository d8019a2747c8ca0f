"""Receivers that mean harm, and addresses that lead where no webhook may go."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from runs.engine.tools.web.places import Place
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery
from runs.webhooks import sending
from runs.webhooks.errors import InvalidWebhook
from runs.webhooks.sending import MAX_ANSWER_BYTES, Attempt, Sender
from runs.webhooks.services import create_webhook
from tests.receiver import answers, hangs, receiver, sends
from tests.runs.webhooks.ends import end_a_run

FULL = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 10_000_000


def attempt(place: Place) -> Attempt:
    async def once() -> Attempt:
        sender = Sender()
        try:
            return await sender.send(place, b"{}", {})
        finally:
            await sender.close()

    return asyncio.run(once())


def here(respond: Any) -> Attempt:
    with receiver(respond) as found:
        return attempt(Place(found.url, internal=True))


async def drips(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drips_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("respond", [hangs, drips_headers])
def test_one_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, respond: Any) -> None:
    assert sending.TIMEOUT_S == 10
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    found = here(respond)
    assert (found.status, found.delivered) == (None, False)
    assert "No whole answer" in found.error


def test_one_that_drips_is_given_up_or_has_said_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    found = here(drips)
    assert not found.delivered
    assert "No whole answer" in found.error


def test_of_ten_megabytes_one_kilobyte_is_read() -> None:
    found = here(sends(FULL))
    assert (found.status, len(found.body)) == (200, MAX_ANSWER_BYTES)


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\0: b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_what_is_no_answer_is_a_failure(raw: bytes) -> None:
    found = here(sends(raw))
    assert (found.status, found.delivered) == (None, False)
    assert found.error


@pytest.mark.django_db
def test_any_body_can_be_kept(alice: User, hook: Callable[..., Any], listening, deliver) -> None:
    hook(alice, listening)
    listening.respond = answers(200, b"\0\xff\xed\xa0\x80<script>", "Retry-After: 10")
    end_a_run(alice)
    deliver()
    (kept,) = WebhookDelivery.objects.get().attempts
    assert "<script>" in kept["body"]
    assert Webhook.objects.get().paused_until is None


def test_a_packed_answer_is_not_unpacked() -> None:
    found = here(answers(200, b"\x1f\x8b garbage", "Content-Encoding: gzip"))
    assert found.delivered


def test_a_closed_port_is_a_failure() -> None:
    with receiver() as found:
        url = found.url
    assert attempt(Place(url, internal=True)).error == "It can’t be reached."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.org/", "https"),
        ("https://127.0.0.1/", "this machine"),
        ("https://[::1]/", "this machine"),
        ("https://10.1.2.3/", "private"),
        ("https://[::ffff:192.168.0.1]/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "link-local"),
        ("https://2130706433/", "unusual"),
        ("https://localhost/", "name of this network"),
        ("https://metadata.google.internal/", "name of this network"),
        ("https://agents.example.net/hook", "belongs to the site"),
        ("https://user:pass@hooks.example.org/", "passwords"),
        ("https://hooks.example.org/#here", "fragments"),
        ("ftp://hooks.example.org/", "no web address"),
        ("https://", "no web address"),
        ("nonsense", "no web address"),
        ("https://hooks.example.org/\r\nX: y", "ASCII"),
        ("https://hööks.example.org/", "ASCII"),
        ("https://[", "name of this network"),
        ("https://hooks.example.org:99999/", "no web address"),
    ],
)
def test_where_no_webhook_may_lead(alice: User, settings: Any, url: str, said: str) -> None:
    settings.TOOL_CLOSED_NAMES = ("example.net",)
    with pytest.raises(InvalidWebhook, match=said) as refused:
        create_webhook(owner=alice, url=url, events=["run.finished"])
    assert refused.value.field == "url"
    assert not Webhook.objects.exists()


@pytest.mark.django_db
def test_staff_open_one_origin_and_no_other(alice: User) -> None:
    InternalReceiver.objects.create(origin="http://127.0.0.1:8123")
    for url in ("http://127.0.0.1:8123/a?b=c", "http://127.0.0.1:8123"):
        create_webhook(owner=alice, url=url, events=["run.finished"])
    for url in ("http://127.0.0.1:8124/", "https://127.0.0.1:8123/", "http://127.0.0.2:8123/"):
        with pytest.raises(InvalidWebhook):
            create_webhook(owner=alice, url=url, events=["run.finished"])


def leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names lead to the next of these lists of addresses; returns what was asked."""
    asked: list[str] = []
    lists = list(answers)
    ordinary = asyncio.BaseEventLoop.getaddrinfo

    async def getaddrinfo(self: Any, host: Any, port: int, **options: Any) -> Any:
        if host[0].isdigit():
            return await ordinary(self, host, port, **options)
        asked.append(host)
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in lists.pop(0)]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1"])
def test_a_name_with_one_closed_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    leads_to(monkeypatch, ["93.184.216.34", address])
    found = attempt(Place("https://hooks.example.org/"))
    assert (found.status, f"The address {address}" in found.error) == (None, True)


def test_a_name_is_asked_once_and_its_answer_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what a second question would bring is never heard."""
    asked = leads_to(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    with receiver() as found:
        url = found.url.replace("127.0.0.1", "re.example.org")
        assert attempt(Place(url, internal=True)).delivered
        assert found.received[0].headers["host"].startswith("re.example.org:")
    assert asked == ["re.example.org"]


def test_a_name_that_moved_to_a_private_address_is_not_called_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leads_to(monkeypatch, ["169.254.169.254"])
    found = attempt(Place("http://re.example.org/", internal=True))
    assert "link-local" in found.error
