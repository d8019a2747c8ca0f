"""A web process ends on SIGTERM: what was asked is answered, and who watches goes on elsewhere."""

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from agentsite.local.ports import LOOPBACK, free_port
from runs.models import Run
from runs.states import Status
from tests.flows.live import Viewer
from tests.forkserver.client import Process
from tests.stack import Stack, standing_still, wait_for

GOING_AWAY = 1001
SLOW = "Describe a lighthouse. [sim: chunks=400 rate=4]"
TABLE = "runs_promptset"
BLOCKED = f"SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{TABLE}'::regclass"


@dataclass(frozen=True)
class Going:
    """A web process beside the shared one, to be ended."""

    address: str
    process: Process
    key: str

    def client(self) -> httpx2.Client:
        """A client whose connection is new."""
        headers = {"Authorization": f"Token {self.key}"}
        return httpx2.Client(base_url=self.address, headers=headers, timeout=120, verify=False)

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request."""
        with self.client() as client:
            return client.request(method, path, **more)

    def is_closed(self) -> bool:
        """True once nobody can connect."""
        parts = urlsplit(self.address)
        try:
            socket.create_connection((parts.hostname, parts.port), 10).close()
        except OSError:
            return True
        return False


@pytest.fixture
def going(stack: Stack, key: str) -> Iterator[Going]:
    address = f"http://{LOOPBACK}:{free_port()}"
    arguments = ("-p", str(urlsplit(address).port), "agentsite.asgi:application")
    process = stack.start("going", "agentsite.server", *arguments)
    stack.wait_for_http(f"{address}/healthz")
    yield Going(address, process, key)
    process.kill()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def streamed(client: httpx2.Client, run: Run, after: int = 0) -> Iterator[int]:
    """The numbers of the events of a stream, which must end as HTTP has it."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
    with client, client.stream("GET", f"/api/v1/runs/{run.pk}/events/", headers=headers) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                yield int(line.removeprefix("id: "))


def test_who_watches_goes_on_elsewhere_and_misses_nothing(
    stack: Stack, worker: Process, going: Going, submit, api, ended, key: str
) -> None:
    run = submit(SLOW, tools=[])
    stream = streamed(going.client(), run)
    with Viewer(going.address, run.pk, key) as viewer:
        viewer.until("text.delta", "text.snapshot")
        first = [next(stream)]
        assert stack.stop(going.process) == 0
        with pytest.raises(ConnectionClosed) as closed:
            viewer.to_the_end()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == GOING_AWAY
    first += stream

    elsewhere = httpx2.Client(
        base_url=stack.web_url, headers={"Authorization": f"Token {key}"}, timeout=120
    )
    rest = streamed(elsewhere, run, after=first[-1])
    with Viewer(stack.web_url, run.pk, key, after=viewer.last_seq) as other:
        assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
        other.to_the_end()
    ended(run)
    every = list(range(1, run.last_seq + 1))
    assert [event["seq"] for event in (*viewer.events, *other.events)] == every
    assert [*first, *rest] == every


def test_what_was_asked_is_answered(
    stack: Stack, going: Going, threads: ThreadPoolExecutor, live_env: dict[str, str]
) -> None:
    with psycopg.connect(live_env["DATABASE_URL"]) as holder:
        holder.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        asked = [threads.submit(going.ask, "GET", "/api/v1/prompt-sets/") for _ in range(4)]
        wait_for(lambda: holder.execute(BLOCKED).fetchone() == (len(asked),))
        stopped = threads.submit(stack.stop, going.process)
        wait_for(going.is_closed)
        holder.rollback()
        answers = [one.result(120) for one in asked]

    assert stopped.result(120) == 0
    assert [answer.status_code for answer in answers] == [200] * 4


def test_who_waits_for_a_run_is_told_where_it_is(
    stack: Stack, going: Going, threads: ThreadPoolExecutor, worker: Process, owner, api
) -> None:
    task = f"{SLOW} ({uuid4().hex})"
    bodies = {"/api/v1/runs/?wait=60": {"task": task}, "/agent/run": {"task": task}}
    asked = [threads.submit(going.ask, "POST", path, json=body) for path, body in bodies.items()]
    mine = Run.objects.filter(owner=owner, status=Status.RUNNING)
    wait_for(lambda: mine.count() == len(bodies))
    assert stack.stop(going.process) == 0

    assert [one.result(120).status_code for one in asked] == [202, 202]
    assert mine.count() == len(bodies)
    for run in mine:
        assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202


def chat(going: Going, task: str, *, stream: bool) -> httpx2.Response:
    messages = [{"role": "user", "content": f"{task} ({uuid4().hex})"}]
    body = {"model": "gpt-4.1-mini", "messages": messages, "stream": stream}
    return going.ask("POST", "/v1/chat/completions", json=body)


def test_an_answer_that_comes_in_time_is_waited_for(
    stack: Stack, going: Going, threads: ThreadPoolExecutor, worker: Process, owner, ended
) -> None:
    running = Run.objects.filter(owner=owner, status=Status.RUNNING)
    with standing_still(stack.simulator):
        asked = threads.submit(chat, going, "Say hello.", stream=False)
        wait_for(running.exists)
        stopped = threads.submit(stack.stop, going.process)
        wait_for(going.is_closed)
    assert asked.result(120).status_code == 200
    assert stopped.result(120) == 0
    assert Run.objects.get(owner=owner).status == Status.SUCCEEDED


def test_a_stream_that_is_cut_says_so_and_its_run_goes_on(
    stack: Stack, going: Going, threads: ThreadPoolExecutor, worker: Process, owner, api, ended
) -> None:
    asked: Future[httpx2.Response] = threads.submit(chat, going, SLOW, stream=True)
    wait_for(Run.objects.filter(owner=owner, output_tokens__gte=0, status="running").exists)
    assert stack.stop(going.process) == 0
    last = asked.result(120).text.strip().split("\n\n")[-1]
    assert '"timeout"' in last
    run = Run.objects.get(owner=owner)
    assert run.status == Status.RUNNING
    assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
    ended(run)
