"""A user has so many live connections to a process, and no more."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from agentsite.asgi import websocket
from runs.feed.places import TooManyConnections, in_place, place
from runs.models import Run
from tests.factories import RunFactory

WAIT_S = 90
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_at_most(settings: Settings) -> None:
    settings.USER_LIVE_CONNECTIONS = 2


@pytest.fixture
def run(alice: User) -> Run:
    return RunFactory.create(owner=alice)


def test_a_place_is_free_again_once_it_was_left(alice: User, bob: User) -> None:
    with ExitStack() as open_ones:
        for _ in range(2):
            open_ones.enter_context(place(alice.pk))
        with pytest.raises(TooManyConnections), place(alice.pk):
            pass
        with place(bob.pk):
            pass
    with place(alice.pk):
        pass


async def test_a_stream_has_a_place_while_it_lasts(alice: User) -> None:
    ended: list[str] = []

    async def frames() -> Any:
        try:
            yield "one"
            yield "two"
        finally:
            ended.append("ended")

    with place(alice.pk):
        first, second = in_place(alice.pk, frames()), in_place(alice.pk, frames())
        assert await anext(first) == "one"
        assert [frame async for frame in second] == []
        await first.aclose()
        assert ended == ["ended"]
        assert [frame async for frame in in_place(alice.pk, frames())] == ["one", "two"]


@pytest.mark.parametrize("path", ["/ws/runs/{run}/", "/ws/usage/"])
async def test_one_more_socket_is_closed(alice: User, run: Run, path: str) -> None:
    _, key = await sync_to_async(ApiToken.objects.issue)(user=alice, name="test")

    async def opened() -> tuple[WebsocketCommunicator, Any]:
        headers = [(b"host", b"testserver"), (b"authorization", f"Token {key}".encode())]
        socket = WebsocketCommunicator(websocket, path.format(run=run.pk), headers)
        await socket.connect(WAIT_S)
        return socket, await socket.receive_output(WAIT_S)

    with place(alice.pk):
        socket, told = await opened()
        assert told["type"] == "websocket.send"
        refused, told = await opened()
        assert told == {"type": "websocket.close", "code": 4429}
        await refused.disconnect(timeout=WAIT_S)
        await socket.disconnect(timeout=WAIT_S)
        socket, told = await opened()
        assert told["type"] == "websocket.send"
        await socket.disconnect(timeout=WAIT_S)


def test_one_more_event_stream_is_refused(
    api_for: Callable[..., APIClient], alice: User, run: Run
) -> None:
    path = f"/api/v1/runs/{run.pk}/events/"
    with place(alice.pk), place(alice.pk):
        answer = api_for(alice).get(path, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer["Retry-After"] == "5"
