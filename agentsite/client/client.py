"""The client: a method for each thing that a script does with the site."""

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2

from agentsite.client.decoding import decode, encode
from agentsite.client.errors import ConnectionFailed, NoWebSocket, UnreadableAnswer
from agentsite.client.texts import LAST_EVENT, Text
from agentsite.client.transport import Transport, pause
from agentsite.client.types import (
    Budget,
    Estimate,
    Event,
    Ledger,
    Me,
    Run,
    Step,
    SubmissionFields,
    UsageReport,
)

T = TypeVar("T")
API = "/api/v1"
# How often in a row a connection may break before a stream is given up.
TRIES = 8
# How often `wait` looks, at first and in the long run.
FIRST_LOOK_S, LAST_LOOK_S = 0.2, 2.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a request for a run. `run` is None where the token may not read runs."""

    id: str
    status: str
    url: str
    replayed: bool
    run: Run | None


class Client:
    """One site, used with one API token. It may be used in several threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = 30,
        retries: int = 4,
        connection: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        self._transport = Transport(
            url, token, timeout_s=timeout_s, retries=retries, connection=connection, sleep=sleep
        )
        self._timeout_s = timeout_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections."""
        self._transport.close()

    # Runs

    def submit(
        self,
        task: str,
        *,
        wait: int = 0,
        idempotency_key: str | None = None,
        **fields: Unpack[SubmissionFields],
    ) -> Accepted:
        """Submit a task. It is sent again after a failure, under a key that makes it one run.

        With `wait` (up to 60 seconds) the answer may already be there.
        """
        return self._submit({"task": task, **fields}, wait, idempotency_key)

    def fork(
        self,
        run_id: str,
        step: str | int,
        *,
        wait: int = 0,
        idempotency_key: str | None = None,
        **fields: Unpack[SubmissionFields],
    ) -> Accepted:
        """Go on from a step of a run that has ended, with these fields changed."""
        body = {"fork": {"run": run_id, "step": step}, **fields}
        return self._submit(body, wait, idempotency_key)

    def rerun(
        self,
        run_id: str,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[SubmissionFields],
    ) -> Accepted:
        """Run it once more, with these fields changed."""
        path = f"{API}/runs/{run_id}/rerun/"
        return self._ask_for_run(path, dict(fields), idempotency_key or _new_key())

    def run(self, run_id: str) -> Run:
        """Read a run."""
        return self._read(Run, f"{API}/runs/{run_id}/")

    def runs(self, *, page_size: int = 20, **filters: Any) -> Iterator[Run]:
        """My runs, newest first; further pages are read when they are reached.

        Filters are those of the list: `status`, `pattern`, `model`, `created_after`,
        `created_before`, `q`, `ordering`.
        """
        return self._pages(Run, f"{API}/runs/", {**filters, "page_size": page_size})

    def steps(self, run_id: str) -> Iterator[Step]:
        """The LLM and tool calls of a run."""
        return self._pages(Step, f"{API}/runs/{run_id}/steps/", {})

    def ledger(self, run_id: str) -> Ledger:
        """The bill of a run."""
        return self._read(Ledger, f"{API}/runs/{run_id}/ledger/")

    def cancel(self, run_id: str) -> Accepted:
        """Ask for a run's end. Raises `Conflict` when it has succeeded or failed."""
        return _accepted(self._transport.call("POST", f"{API}/runs/{run_id}/cancel/"))

    # Following a run

    def follow(self, run_id: str, *, after: int = 0) -> Generator[Event, None, None]:
        """A run's events as they happen, up to its end; a broken connection is made again."""
        failures = 0
        while True:
            try:
                for event in self._events(run_id, after):
                    after, failures = event.seq, 0
                    yield event
                    if event.type == LAST_EVENT:
                        return
                if self.run(run_id).finished_at is not None:
                    return
                failure = ConnectionFailed("The stream ends again and again before the run does.")
            except ConnectionFailed as error:
                failure = error
            failures += 1
            if failures > TRIES:
                raise failure
            self._transport.sleep(pause(failures))

    def watch(self, run_id: str, *, after: int = 0) -> Generator[Event | Text, None, None]:
        """As `follow`, and the text of each call while it is written.

        Where no WebSocket gets through, the events come without it. It runs an event loop of its
        own, so in a notebook use `follow`.
        """
        # Its WebSocket client takes longer to load than all the rest.
        from agentsite.client import live

        for _ in range(TRIES):
            try:
                for item in live.watch(self._transport.url, self._transport.token, run_id, after):
                    after = item.seq if isinstance(item, Event) else after
                    yield item
                return
            except NoWebSocket:
                break
            except ConnectionFailed:
                self._transport.sleep(pause(0))
        yield from self.follow(run_id, after=after)

    def wait(self, run_id: str, *, timeout_s: float = math.inf) -> Run:
        """The run once it has ended. Raises `TimeoutError`; the run goes on then."""
        until, every = monotonic() + timeout_s, FIRST_LOOK_S
        while (run := self.run(run_id)).finished_at is None:
            if monotonic() + every > until:
                raise TimeoutError(f"The run is {run.status} after {timeout_s:g} s.")
            self._transport.sleep(every)
            every = min(every * 1.5, LAST_LOOK_S)
        return run

    # Before and after

    def estimate(self, task: str, **fields: Unpack[SubmissionFields]) -> Estimate:
        """What a submit with these fields would come to. Nothing runs."""
        body = encode({"task": task, **fields})
        response = self._transport.call("POST", f"{API}/estimate/", json=body)
        return _known(Estimate, _json(response))

    def usage(self, *, group_by: str = "day", **period: Any) -> UsageReport:
        """What I spent. `from_` and `to` are days; groups are named with commas between."""
        params = {name.removesuffix("_"): encode(day) for name, day in period.items()}
        return self._read(UsageReport, f"{API}/usage/", {**params, "group_by": group_by})

    def budgets(self) -> Iterator[Budget]:
        """What limits me."""
        return self._pages(Budget, f"{API}/budgets/", {})

    def me(self) -> Me:
        """Who I am, and what my token may do."""
        return self._read(Me, f"{API}/me/")

    # What they are made of

    def _submit(self, body: dict[str, Any], wait: int, key: str | None) -> Accepted:
        options = {"params": {"wait": wait}, "timeout": wait + self._timeout_s} if wait else {}
        return self._ask_for_run(f"{API}/runs/", body, key or _new_key(), **options)

    def _ask_for_run(self, path: str, body: dict[str, Any], key: str, **options: Any) -> Accepted:
        headers = {"Idempotency-Key": key}
        response = self._transport.call("POST", path, json=encode(body), headers=headers, **options)
        return _accepted(response)

    def _read(self, kind: type[T], path: str, params: Mapping[str, Any] | None = None) -> T:
        return _known(kind, _json(self._transport.call("GET", path, params=params)))

    def _pages(self, kind: type[T], path: str, params: dict[str, Any]) -> Iterator[T]:
        options: dict[str, Any] = {"params": {name: encode(one) for name, one in params.items()}}
        following: str | None = path
        while following:
            page = _json(self._transport.call("GET", following, **options))
            yield from (_known(kind, row) for row in page["results"])
            # The address says how the site calls itself, which needn't be how we reach it.
            following, options = page["next"] and _target(page["next"]), {}

    def _events(self, run_id: str, after: int) -> Iterator[Event]:
        """The events of one stream."""
        path = f"{API}/runs/{run_id}/events/"
        with self._transport.stream(path, headers={"Last-Event-ID": str(after)}) as events:
            for told in events or ():
                yield decode(Event, told.json())


def _new_key() -> str:
    return uuid4().hex


def _target(address: str) -> str:
    """The path and the query of an address of the site."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _accepted(response: httpx2.Response) -> Accepted:
    body = _json(response)
    run = _known(Run, body) if "task" in body else None
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    return Accepted(body["id"], body["status"], body["links"]["html"], replayed, run)


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise UnreadableAnswer(f"{response.request.url} answered no JSON.") from error


def _known(kind: type[T], value: Any) -> T:
    try:
        return decode(kind, value)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableAnswer(f"This isn't a {kind.__name__}: {error}") from error
