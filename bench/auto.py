"""CPU time of the rules by which `auto` takes a task for simple or complex."""

import time

from bench.results import Report
from bench.servers import Servers
from runs.auto.rules import Asked, complexity

TARGET_US = 1_000
ROUNDS, TIMES = 15, 20
TASKS = {
    "one question": "What is 6 times 7?",
    "200,000 characters of prose": "Compare them and say why one is better than the other. "
    * 3_700,
    "200,000 characters of numbers and questions": "Why; 12 = 4?\n" * 15_400,
    "200,000 characters of code": "def f(a): return {a: 1};\n" * 8_000,
    "60,000 Chinese characters": "比较两种方案，并证明为什么。" * 4_300,
    "200,000 blank lines": "\n" * 200_000,
}


def _least_us(task: str) -> float:
    """The least of several means: other processes want the cores too."""
    asked, means = Asked(task), []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            complexity(asked)
        means.append((time.process_time() - began) / TIMES)
    return min(means) * 1e6


def run(servers: Servers) -> Report:
    """Time each kind of task."""
    rows = [(what, f"{_least_us(task):.0f}") for what, task in TASKS.items()]
    return Report(
        "how complex is a task?",
        [("task", "CPU µs"), *rows],
        [
            f"The least of {ROUNDS} means of {TIMES} readings, in one process, without prices and"
            f" breakers. Target: at most {TARGET_US:,} µs for any task."
        ],
    )
