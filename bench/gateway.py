"""CPU time that a gateway adds to a streamed chat completion: this site, and LiteLLM's proxy."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentsite.local.children import Child
from agentsite.local.ports import LOOPBACK, free_port
from bench.measure import ROUNDS, Measurement, interleaved, measure
from bench.processes import cpu_seconds
from bench.results import Report
from bench.servers import Servers, wait_for_http
from bench.site import Site

# The Python that has the package litellm with its proxy.
FOREIGN = "LITELLM_PYTHON"
MODEL = "gpt-4.1-mini"
DIRECT, OURS, THEIRS = "direct", "this site", "LiteLLM's proxy"
CHUNKS, RATE, ANSWERS, AT_ONCE = 200, 200, 40, 10
TARGET = 0.25


def run(servers: Servers) -> Report:
    """Measure all sides in turn, on the same provider."""
    with servers.provider() as url:
        endpoint = f"{url}/{CHUNKS}/{RATE}/v1"
        with _site(servers, endpoint) as ours, _litellm(servers, endpoint) as theirs:
            sides = {DIRECT: Side(endpoint, "bench", ()), OURS: ours}
            if theirs:
                sides[THEIRS] = theirs
            figures = interleaved([*sides], lambda name: sides[name].measured(servers))
    return _report(figures)


class Side:
    """An address that answers, and the processes behind it whose time counts."""

    def __init__(self, url: str, key: str, processes: Sequence[Child]) -> None:
        self._url, self._key = url, key
        self._processes = processes

    def measured(self, servers: Servers) -> Measurement:
        """What so many answers cost the processes, each."""
        before_s = [cpu_seconds(process.pid) for process in self._processes]
        options = ("--answers", ANSWERS, "--at-once", AT_ONCE)
        found = measure("gateway", self._url, self._key, *options, env=servers.env)
        after_s = [cpu_seconds(process.pid) for process in self._processes]
        spent = [1000 * (b - a) / ANSWERS for a, b in zip(before_s, after_s, strict=True)]
        return {**found, "cpu_ms": sum(spent), "web_ms": spent[0] if spent else 0.0}


def _report(figures: dict[str, Measurement]) -> Report:
    head = ("through", "added CPU ms", "of it, web", "p50 ms to the first word", "p50 ms in all")
    rows = [(name, *_row(one)) for name, one in figures.items()]
    notes = [
        f"{CHUNKS} chunks in {CHUNKS // RATE} s, {AT_ONCE} answers at a time; user and system time"
        " of the processes between client and provider, an answer: here the web process and the"
        " worker, which hold, settle and keep each call in Postgres. Postgres and Redis aren't"
        f" counted. Medians of {ROUNDS} interleaved rounds."
    ]
    if THEIRS in figures:
        ratio = figures[OURS]["cpu_ms"] / figures[THEIRS]["cpu_ms"]
        notes.append(f"Ours beside LiteLLM's: {ratio:.2f}. Target: at most {TARGET}.")
    else:
        notes.append(f"LiteLLM's proxy was not measured: {FOREIGN} is not set.")
    return Report("CPU time that a gateway adds", [head, *rows], notes)


def _row(one: Measurement) -> tuple[str, ...]:
    spent = (f"{one[name]:.1f}" for name in ("cpu_ms", "web_ms"))
    return (*spent, *(f"{one[name]:.0f}" for name in ("word_ms", "end_ms")))


@contextmanager
def _site(servers: Servers, endpoint: str) -> Iterator[Side]:
    provider = {"OPENAI_BASE_URL": endpoint, "OPENAI_API_KEY": "bench", "OPENAI_MODELS": MODEL}
    with Site(servers, **provider) as site:
        site.start_worker_alone()
        key = site.headers["Authorization"].split()[-1]
        yield Side(f"http://{site.address}/v1", key, site.processes)


@contextmanager
def _litellm(servers: Servers, endpoint: str) -> Iterator[Side | None]:
    """LiteLLM's proxy with its defaults and without a database, where it is installed."""
    python = os.environ.get(FOREIGN)
    if not python:
        yield None
        return
    model = {"model": f"openai/{MODEL}", "api_base": endpoint, "api_key": "bench"}
    config = servers.folder / "litellm.json"
    # JSON is YAML.
    config.write_text(json.dumps({"model_list": [{"model_name": MODEL, "litellm_params": model}]}))
    port = str(free_port())
    program = str(Path(python).parent / "litellm")
    log = (servers.folder / "litellm.log").open("ab")
    argv = [program, "--config", str(config), "--host", LOOPBACK, "--port", port]
    key = f"sk-{secrets.token_hex(32)}"
    env = {**os.environ, "LITELLM_MASTER_KEY": key}
    with log, subprocess.Popen(argv, env=env, stdout=log, stderr=log) as process:
        try:
            wait_for_http(f"http://{LOOPBACK}:{port}/health/liveliness")
            yield Side(f"http://{LOOPBACK}:{port}/v1", key, [process])
        finally:
            process.terminate()
