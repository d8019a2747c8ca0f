"""What several processes measured is added up, also what those measured that were killed."""

import os
import subprocess
import sys
from pathlib import Path

from agentsite.local.programs import forget_measures, measures
from tests.agentsite.metrics.reading import samples

MEASURE = """
import sys
from web.measures import LLM_CALLS, WEBSOCKETS
LLM_CALLS.labels("gpt-4.1", "done").inc(3)
WEBSOCKETS.labels("run").inc(2)
print("measured", flush=True)
sys.stdin.read()
"""
READ = """
from prometheus_client import generate_latest
from agentsite.metrics.processes import measured
print(generate_latest(measured()).decode())
"""
CALLS = ("agent_llm_calls_total", "ended=done", "model=gpt-4.1")
CLIENTS = ("agent_websocket_clients", "kind=run")


def env(folder: Path) -> dict[str, str]:
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}


def started(folder: Path) -> "subprocess.Popen[str]":
    """A process that has measured something, and lives on."""
    child = subprocess.Popen(
        [sys.executable, "-c", MEASURE],
        env=env(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "measured\n"
    return child


def read(folder: Path) -> dict[tuple[str, ...], float]:
    done = subprocess.run(
        [sys.executable, "-c", READ], env=env(folder), capture_output=True, text=True, check=True
    )
    return samples(done.stdout)


def test_processes_are_added_up_and_the_dead_keep_their_counts_alone(tmp_path: Path):
    one, other = started(tmp_path), started(tmp_path)
    try:
        both = read(tmp_path)
        one.kill()
        one.wait()
        left = read(tmp_path)
    finally:
        for child in (one, other):
            child.kill()
            child.communicate()

    assert (both[CALLS], both[CLIENTS]) == (6, 4)
    assert (left[CALLS], left[CLIENTS]) == (6, 2)


def test_a_start_of_the_site_forgets_an_earlier_one(tmp_path: Path):
    folder = measures(tmp_path)
    child = started(folder)
    child.kill()
    child.communicate()
    assert CALLS in read(folder)
    forget_measures(tmp_path)

    assert CALLS not in read(folder)
