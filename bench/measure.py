"""Running measuring processes, and the few statistics that the tables need."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 120
ROUNDS = 3

Measurement = dict[str, float]


def measure(
    module: str, *arguments: object, env: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> Measurement:
    """Run `python -m bench.clients.<module>` and return what it prints at its end as JSON."""
    argv = [sys.executable, "-m", f"bench.clients.{module}", *map(str, arguments)]
    done = subprocess.run(
        argv, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, timeout=timeout_s, check=True
    )
    measured: Measurement = json.loads(done.stdout.splitlines()[-1])
    return measured


def interleaved(
    sides: Sequence[str], measure_side: Callable[[str], Measurement], rounds: int = ROUNDS
) -> dict[str, Measurement]:
    """Measure the sides in turn, several times, and take the median of each of their figures."""
    seen: dict[str, list[Measurement]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            seen[side].append(measure_side(side))
    return {side: _medians(measurements) for side, measurements in seen.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values doesn't exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _medians(measurements: list[Measurement]) -> dict[str, Any]:
    return {name: median(one[name] for one in measurements) for name in measurements[0]}
