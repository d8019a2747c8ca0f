"""The web process ends soon and well, whatever is under way."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts.models import ApiToken
from runs.models import Run
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stack(tmp_path: Path, child_env: dict[str, str]) -> Iterator[Stack]:
    stack = Stack(tmp_path, child_env)
    stack.start_web()
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


def test_it_ends_while_requests_wait_and_sockets_are_open(stack: Stack, alice):
    _, key = ApiToken.objects.issue(user=alice, name="test")
    head = {"Authorization": f"Token {key}"}

    def submit() -> None:
        with suppress(httpx2.HTTPError):
            url = f"{stack.web_url}/api/v1/runs/?wait=60"
            httpx2.post(url, json={"task": "x"}, headers=head, timeout=120)

    waiting = threading.Thread(target=submit)
    waiting.start()
    run = wait_for(lambda: Run.objects.first())
    assert run is not None
    address = stack.web_url.replace("http://", "ws://")
    with connect(f"{address}/ws/runs/{run.pk}/", additional_headers=head) as socket:
        assert "run.queued" in str(socket.recv(timeout=60))
        assert stack.web is not None
        assert stack.stop(stack.web) == 0
        with suppress(ConnectionClosed):
            for _ in range(1000):
                socket.recv(timeout=60)
    waiting.join(60)
    assert not waiting.is_alive()
    assert Run.objects.get().status == "queued"
