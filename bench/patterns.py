"""The engine's own CPU time: a call and a streamed chunk of each pattern, beside agent-patterns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agentsite.local.ports import LOOPBACK, free_port
from bench.measure import ROOT, ROUNDS, TIMEOUT_S, Measurement, interleaved
from bench.results import Report, table
from bench.servers import wait_for_http

PATTERNS = (
    "react",
    "react, closed",
    "rewoo",
    "llm_compiler",
    "reflection",
    "reflexion",
    "plan_and_solve",
    "self_discovery",
    "lats",
    "storm",
)
SHARED = ("react", "rewoo", "llm_compiler", "reflection")
# The Python that has the package agent-patterns.
FOREIGN = "AGENT_PATTERNS_PYTHON"
CHUNK_MS, CALL_MS = 0.1, 5.0
# A worker lives long: its first runs, in which Python still learns the code, count for little.
WHOLE = ("--runs", "100")
# 200 chunks a second.
PIECES = ("--tokens-a-piece", "1")
PACE = ("--token-s", "0.005")


def run(_: object = None) -> Report:
    """Measure each pattern with whole answers and with a token a chunk."""
    with _provider() as whole:
        with _provider(*PIECES, *PACE) as streamed:
            rows = [_row(name, whole, streamed) for name in PATTERNS]
        notes = [*_how(), *_beside(whole)]
    head = ("pattern", "calls", "CPU ms a call", "chunks", "CPU ms a chunk", "CPU ms a run")
    return Report("CPU time of the engine", [head, *rows], notes)


def _row(name: str, whole: str, streamed: str) -> tuple[str, ...]:
    few = _ours(name, whole, *WHOLE)
    many = _ours(name, streamed, *PIECES)
    chunk_ms = (many["cpu_ms"] - few["cpu_ms"]) / (many["chunks"] - few["chunks"])
    return (
        name,
        f"{few['calls']:.0f}",
        f"{few['cpu_ms'] / few['calls']:.2f}",
        f"{many['chunks']:.0f}",
        f"{chunk_ms:.3f}",
        f"{many['cpu_ms']:.1f}",
    )


def _how() -> list[str]:
    return [
        "User and system time of the client's process, with the pattern's own work, its tools and a"
        " journal in memory; ten runs at a time. A call is measured with each text in one chunk, a"
        " chunk by what 200 tokens a second, one a chunk, cost more. `react, closed` is out of time"
        " after its first call and closes."
        f" Targets: {CALL_MS:g} ms a call, {CHUNK_MS:g} ms a chunk."
    ]


def _beside(url: str) -> list[str]:
    """Runs of agent-patterns beside ours, where it is installed."""
    python = os.environ.get(FOREIGN)
    if not python:
        return [f"agent-patterns was not measured: {FOREIGN} is not set."]
    head = ("pattern", "whose", "CPU ms a run", "ratio", "ms a run", "ratio")
    rows = [head, *(row for name in SHARED for row in _both(name, url, python))]
    note = (
        "A hundred runs, one at a time, on the same provider, four look-ups that take no time,"
        f" whole answers; medians of {ROUNDS} interleaved rounds. agent-patterns 0.2.4 doesn't"
        " stream and keeps no journal. Ours waits for more of an answer after each read, 1 ms at"
        " first and up to 50 ms in a long one, which is in its time."
    )
    return [f"\n### Beside agent-patterns\n\n{table(rows)}\n", note]


def _both(name: str, url: str, python: str) -> list[tuple[str, ...]]:
    """A pattern of theirs and of ours, in turns."""
    sides = {
        "agent-patterns": [python, "bench/papers/run_foreign.py", name, url, *WHOLE],
        "ours": [*_argv(name, url), "--at-once", "1", *WHOLE],
    }

    def measure_side(side: str) -> Measurement:
        return _measured(sides[side])

    figures = interleaved([*sides], measure_side)
    base = figures["agent-patterns"]
    return [(name, side, *_against(figures[side], base)) for side in sides]


def _against(one: Measurement, base: Measurement) -> tuple[str, ...]:
    figures = ((one[name], base[name]) for name in ("cpu_ms", "ms"))
    return tuple(shown for a, b in figures for shown in (f"{a:.1f}", f"{a / b:.2f}"))


def _ours(name: str, url: str, *options: str) -> Measurement:
    return _measured([*_argv(name, url), *options])


def _argv(name: str, url: str) -> list[str]:
    return [sys.executable, "-m", "bench.papers.run_ours", name, url]


def _measured(argv: list[str]) -> Measurement:
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=True)
    measured: Measurement = json.loads(done.stdout.splitlines()[-1])
    return measured


@contextmanager
def _provider(*options: str) -> Iterator[str]:
    """The address of a running provider."""
    port = free_port()
    argv = [sys.executable, "-m", "bench.papers.serve", str(port), *options]
    process = subprocess.Popen(argv, cwd=ROOT)
    try:
        wait_for_http(f"http://{LOOPBACK}:{port}/")
        yield f"http://{LOOPBACK}:{port}/v1"
    finally:
        process.terminate()
        process.wait()
