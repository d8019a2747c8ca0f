"""Submits a second, and their CPU time, beside FastAPI and Celery doing the same work."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import redis

from agentsite.env import Env
from agentsite.local.children import Child
from agentsite.local.ports import LOOPBACK, free_port
from agentsite.local.programs import web
from bench.measure import Measurement, interleaved, measure
from bench.page_under_load import page_p95_ms
from bench.results import Report, table
from bench.servers import Servers, wait_for_http
from bench.site import Site

CONNECTIONS = 50
SECONDS = 6.0
WARM_UP_S = 2.0
PROCESSES = (1, 2)
LONG_QUEUE = 10_000
OURS, SYNC, ASYNC = "ours", "FastAPI + Celery, sync", "FastAPI + Celery, async"
PATHS = {OURS: "/api/v1/runs/", SYNC: "/sync", ASYNC: "/async"}
TABLES = {OURS: "runs_run", SYNC: "bench_run", ASYNC: "bench_run"}
# Where Celery puts its messages for each.
QUEUES = {OURS: "agentsite:celery:runs", SYNC: "bench", ASYNC: "bench"}
TAKEN_ROWS = "DELETE FROM runs_runevent; DELETE FROM runs_run; DELETE FROM bench_run"


class Rivals:
    """Processes of ours and of theirs, on the same servers; those that aren't measured idle."""

    def __init__(self, servers: Servers, site: Site, processes: int, warm_up_s: float) -> None:
        self._servers = servers
        self._site = site
        self._children: dict[str, list[tuple[str, Child]]] = {OURS: [], ASYNC: []}
        self._children[SYNC] = self._children[ASYNC]
        for _ in range(processes):
            self._start_ours()
            self._start_theirs()
        for side in PATHS:
            self.load(side, processes=processes, seconds=warm_up_s)

    def load(
        self, side: str, *, processes: int, seconds: float = SECONDS, rate: float = 0.0
    ) -> Measurement:
        """Submit to so many processes of a side. Raises RuntimeError where something is missing."""
        children = self._children[side][:processes]
        urls = [address + PATHS[side] for address, _ in children]
        cpu_s, stored, sent = _cpu_s(children), self.stored(side), self._wake_ups(side)
        options = ("--seconds", seconds, "--connections", CONNECTIONS, "--rate", rate)
        found = measure("submits", *urls, *options, env=self._env)
        accepted = found["accepted"]
        found["cpu_ms"] = 1000 * (_cpu_s(children) - cpu_s) / accepted
        if self.stored(side) - stored != accepted:
            raise RuntimeError(f"{side}: not every accepted run is stored")
        found["wake_ups"] = self._wake_ups(side) - sent
        if found["wake_ups"] < (accepted if side != OURS else 1):
            raise RuntimeError(f"{side}: wake-ups are missing")
        return found

    def clear(self) -> None:
        """Take all runs away."""
        with psycopg.connect(self._servers.postgres.url) as database:
            for statement in TAKEN_ROWS.split("; "):
                database.execute(statement)

    @property
    def address(self) -> str:
        """Where our first process is."""
        return self._children[OURS][0][0]

    @property
    def _env(self) -> Mapping[str, str]:
        return {**self._servers.env, "BENCH_KEY": self._site.headers["Authorization"].split()[1]}

    def stored(self, side: str) -> int:
        """How many runs of a side there are."""
        with psycopg.connect(self._servers.postgres.url) as database:
            row = database.execute(f"SELECT count(*) FROM {TABLES[side]}").fetchone()
        return int(row[0]) if row else 0

    def _wake_ups(self, side: str) -> int:
        # The last one may be on its way.
        time.sleep(0.2)
        with redis.Redis.from_url(self._servers.redis.url) as broker:
            return int(broker.llen(QUEUES[side]))

    def _start_ours(self) -> None:
        env = Env(_env_file=None, host=LOOPBACK, port=free_port(), log_level="WARNING")  # type: ignore[call-arg]
        self._start(OURS, env.port, web(env).arguments, "/healthz")

    def _start_theirs(self) -> None:
        port = free_port()
        fast = ("--loop", "uvloop", "--http", "httptools", "--log-level", "warning")
        arguments = ("-m", "uvicorn", "bench.fastapi_submit:app", "--port", str(port), *fast)
        self._start(ASYNC, port, arguments, "/docs")

    def _start(self, side: str, port: int, arguments: Sequence[str], probe: str) -> None:
        address = f"http://{LOOPBACK}:{port}"
        name = f"{side.partition(' ')[0]}{len(self._children[side])}"
        child = self._servers.spawn(name, *arguments)
        wait_for_http(address + probe)
        self._children[side].append((address, child))


def run(servers: Servers, seconds: float = SECONDS, rounds: int = 3) -> Report:
    """Measure all sides in turn, with one process and with two; then what load does to others."""
    with rivals(servers) as (both, site):
        rows: list[tuple[str, ...]] = []
        for processes in PROCESSES:
            load = partial(both.load, processes=processes, seconds=seconds)
            found = interleaved(list(PATHS), load, rounds)
            rows += _rows(processes, found)
            both.clear()
        more = _with_a_long_queue(both, seconds) + _beside_a_page(both, site, seconds)
    return Report(
        "`POST /api/v1/runs/`",
        [("processes", "server", "submits a second", "of sync", "of async", "p50 ms", "p95 ms",
          "CPU ms a submit"), *rows],
        [
            f"{CONNECTIONS} connections; medians of {rounds} interleaved rounds of {seconds:g} s."
            " Each request has a hashed token looked up in Postgres, is counted in Redis and leaves"
            " a committed row and a wake-up; every answer was 202, and all rows were there. CPU is"
            " that of the server's processes. Ours has production's settings, checks the whole body"
            " and writes the run with its first event and all indexes; theirs"
            " (`bench/fastapi_submit.py`) writes one row with two. No worker runs meanwhile; load"
            " generator, Postgres and Redis share the machine. Targets: 1.0 of sync; aim: 1.0 of"
            " async.",
            "",
            *more,
        ],
    )  # fmt: skip


@contextmanager
def rivals(
    servers: Servers, processes: int = max(PROCESSES), warm_up_s: float = WARM_UP_S
) -> Iterator[tuple[Rivals, Site]]:
    """All sides, started and warm, and a site whose user submits."""
    with Site(servers) as site:
        yield Rivals(servers, site, processes, warm_up_s), site


def _rows(processes: int, found: Mapping[str, Measurement]) -> list[tuple[str, ...]]:
    return [
        (
            str(processes),
            side,
            f"{one['rate']:.0f}",
            f"{one['rate'] / found[SYNC]['rate']:.2f}",
            f"{one['rate'] / found[ASYNC]['rate']:.2f}",
            f"{one['p50_ms']:.0f}",
            f"{one['p95_ms']:.0f}",
            f"{one['cpu_ms']:.2f}",
        )
        for side, one in found.items()
    ]


def _with_a_long_queue(both: Rivals, seconds: float) -> list[str]:
    """Lines on submits to a queue that is long before they come."""
    empty = both.load(OURS, processes=1, seconds=seconds)
    while both.stored(OURS) < LONG_QUEUE:
        both.load(OURS, processes=max(PROCESSES), seconds=seconds)
    queued = both.stored(OURS)
    long = both.load(OURS, processes=1, seconds=seconds)
    rows = [("runs in the queue before", "submits a second", "CPU ms a submit")]
    for before, one in ((0, empty), (queued, long)):
        rows.append((f"{before:,}", f"{one['rate']:.0f}", f"{one['cpu_ms']:.2f}"))
    return ["### With a long queue", "", table(rows), ""]


def _beside_a_page(both: Rivals, site: Site, seconds: float) -> list[str]:
    """Lines on a page that is read while submits arrive at half of what the door takes."""
    both.clear()
    limit = both.load(OURS, processes=1, seconds=seconds)["rate"]
    rows = [("submits a second meanwhile", "runs page p95 ms")]
    for rate in (0.0, limit / 2):
        submits = partial(both.load, OURS, processes=1, seconds=seconds, rate=rate)
        p95_ms = page_p95_ms(site, both.address, seconds, submits if rate else None)
        rows.append((f"{rate:.0f}", f"{p95_ms:.0f}"))
    return ["### The runs page meanwhile", "", table(rows), "", "Target: 300 ms at p95.", ""]


def _cpu_s(children: Sequence[tuple[str, Child]]) -> float:
    """The processor time that these processes have taken."""
    ticks = 0
    for _, child in children:
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
