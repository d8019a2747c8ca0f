"""How long a submitted task takes to show its first sign of life to a viewer, on an idle site."""

import http.client
import json
import time
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from bench.measure import percentile
from bench.results import Report
from bench.servers import Servers
from bench.site import TIMEOUT_S, Site

SUBMITS = 50
WARM_UP = 5
PAUSE_S = 0.1
TARGET_MS = 300
MOMENTS = ("202 Accepted", "first event", "`run.started`", "`run.finished`")


def run(servers: Servers) -> Report:
    """Submit one run after another and watch each."""
    with Site(servers) as site:
        site.start_worker()
        http_connection = http.client.HTTPConnection(site.address, timeout=TIMEOUT_S)
        for number in range(WARM_UP):
            _submit_and_watch(site, http_connection, f"Warm up {number}.")
        times_ms = []
        for number in range(SUBMITS):
            time.sleep(PAUSE_S)
            times_ms.append(_submit_and_watch(site, http_connection, f"What is {number} * 7?"))
        http_connection.close()
    rows = [
        (moment, f"{percentile(column, 0.5):.0f}", f"{percentile(column, 0.95):.0f}")
        for moment, column in zip(MOMENTS, zip(*times_ms, strict=True), strict=True)
    ]
    return Report(
        "from submit to the first event",
        [("moment", "p50 ms", "p95 ms"), *rows],
        [
            f"{SUBMITS} submits, one after another, through the web process, Postgres, Celery's"
            " wake-up, a worker, Redis and the run's WebSocket, which is opened after the 202; the"
            " simulator answers without delay. Times are from the start of the POST."
            f" Target: the first event within {TARGET_MS} ms at p95."
        ],
    )


def _submit_and_watch(site: Site, api: http.client.HTTPConnection, task: str) -> list[float]:
    """The milliseconds until each of `MOMENTS`."""
    began_s = time.perf_counter()

    def elapsed_ms() -> float:
        return 1000 * (time.perf_counter() - began_s)

    body = json.dumps({"task": task})
    headers = site.headers | {"Content-Type": "application/json"}
    api.request("POST", "/api/v1/runs/", body, headers)
    response = api.getresponse()
    answer = json.loads(response.read())
    if response.status != http.client.ACCEPTED:
        raise RuntimeError(f"not accepted: {answer}")
    times_ms = [elapsed_ms()]
    with connect(
        f"ws://{site.address}/ws/runs/{answer['id']}/", additional_headers=site.headers
    ) as socket:
        for wanted in ("", "run.started", "run.finished"):
            _receive(socket, wanted)
            times_ms.append(elapsed_ms())
    return times_ms


def _receive(socket: Connection, wanted: str) -> None:
    """Receive up to an event of this type; any event when the type is empty."""
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=TIMEOUT_S))
        if "seq" in message and wanted in ("", message["type"]):
            return
