"""What a process measures itself, for `/metrics`: the labels have few values, and name no one.

Processes of one machine write into files of the folder `PROMETHEUS_MULTIPROC_DIR`, where each of
them finds what all have measured; without it, a process knows its own measures alone.
"""

import os
import time
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if FOLDER:
    Path(FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
# Answers of models take up to minutes; requests that wait for a run do too.
SECONDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

HTTP_REQUESTS = Counter(
    "agent_http_requests", "HTTP requests that were answered", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "agent_http_request_duration_seconds",
    "Until the head of the answer was there",
    ["route"],
    buckets=SECONDS,
)
WEBSOCKETS = Gauge(
    "agent_websocket_clients",
    "WebSockets whose clients are let in",
    ["kind"],
    multiprocess_mode="livesum",
)
LLM_CALLS = Counter(
    "agent_llm_calls", "Calls of models that were sent, also those that failed", ["model", "ended"]
)
LLM_SECONDS = Histogram(
    "agent_llm_call_duration_seconds",
    "From sending a call to the end of its answer",
    ["model"],
    buckets=SECONDS,
)
LLM_FIRST_SECONDS = Histogram(
    "agent_llm_first_token_seconds",
    "From sending a call to the first output of its answer",
    ["model"],
    buckets=SECONDS,
)


def count(method: str, route: str, status: int, began_s: float) -> None:
    """An answer to a request that began at this moment of the monotonic clock.

    `route` is a pattern of addresses.
    """
    method = method if method in METHODS else OTHER
    HTTP_REQUESTS.labels(method, route, str(status)).inc()
    HTTP_SECONDS.labels(route).observe(time.monotonic() - began_s)
