"""A mixed day behind nginx: whether processes grow. `python -m bench.soak --minutes 30`."""

import argparse
import csv
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import psycopg

from agentsite.local.children import Child, stop
from bench.processes import descriptors, memory_mb
from bench.results import PATH, Report, record
from bench.servers import Servers
from bench.site import AS_NGINX
from bench.topology.fleet import Fleet

PEOPLE = ("ann", "ben", "cat", "dan")
PASSWORD = "a password for one soak run"
USERS = 24
EVERY_S = 5.0
# Caches fill and pools open first; then what is taken at the beginning and at the end is compared.
WARM_UP, COMPARED = 0.3, 0.15
MAX_GROWTH = 0.05
# A few more sockets are chance: pools open and close.
SPARE = 10
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
OPEN_RUNS = """
    SELECT count(*) FROM runs_run WHERE status NOT IN ('succeeded', 'failed', 'cancelled')
"""
END_S = 120.0


@dataclass(frozen=True)
class Growth:
    """Something's figure after the warm-up and at the end."""

    name: str
    before: float
    after: float
    spare: float = 0.0

    @property
    def failed(self) -> bool:
        """True when it has grown by more than is allowed."""
        return self.after > self.before * (1 + MAX_GROWTH) + self.spare

    @property
    def row(self) -> tuple[str, ...]:
        """Its row in the table."""
        share = self.after / self.before - 1 if self.before else 0.0
        return self.name, f"{self.before:.1f}", f"{self.after:.1f}", f"{share:+.1%}"


def main() -> int:
    """Run, write the table to RESULTS.md, and exit with 1 when anything grew or failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="default %(default)s")
    minutes = parser.parse_args().minutes
    load = os.getloadavg()[0]
    with Servers() as servers, Fleet(servers) as fleet:
        # The budget that new users get is for less than half an hour of this.
        servers.env["NEW_USER_BUDGET_USD"] = "1000"
        fleet.prepare(PEOPLE, [], PASSWORD)
        growth, requests, wrong = _soak(fleet, minutes * 60)
        wrong += [f"{one.name} grew" for one in growth if one.failed]
        wrong += [*_left_over(servers), *fleet.audit()]
    record("soak", _report(minutes, growth, requests).markdown(load))
    print(f"The table is in {PATH}")
    print(*(f"! {line}" for line in wrong), sep="\n")
    return int(bool(wrong))


def _soak(fleet: Fleet, seconds: float) -> tuple[list[Growth], Mapping[str, str], list[str]]:
    """What grew by how much, the requests in all, and a line for each kind of failure."""
    seen: dict[str, list[float]] = {}
    load = _start_load(fleet)
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        for name, figure in _figures(fleet).items():
            seen.setdefault(name, []).append(figure)
        if load.poll() is not None:
            raise ChildProcessError(f"the load ended: {load.returncode}")
        time.sleep(EVERY_S)
    stop(load, (signal.SIGTERM, END_S))
    growth = [_growth(name, figures) for name, figures in seen.items()]
    total = [row for row in _table(fleet, "stats") if row["Name"] == "Aggregated"][-1]
    failures = [
        f"{row['Occurrences']} times {row['Method']} {row['Name']}: {row['Error']}"
        for row in _table(fleet, "failures")
    ]
    failures += [f"{row['Count']} times {row['Message']}" for row in _table(fleet, "exceptions")]
    return growth, total, failures


def _table(fleet: Fleet, name: str) -> list[dict[str, str]]:
    """A table that Locust has written."""
    with (fleet.servers.folder / f"load_{name}.csv").open() as file:
        return list(csv.DictReader(file))


def _start_load(fleet: Fleet) -> Child:
    prefix = fleet.servers.folder / "load"
    options = (
        "--csv",
        f"{prefix}",
        "--headless",
        "--only-summary",
        "--host",
        f"http://{fleet.address}",
    )
    users = ("--users", f"{USERS}", "--spawn-rate", "2")
    env = {
        "LOAD_EMAILS": ",".join(f"{name}@example.org" for name in PEOPLE),
        "LOAD_PASSWORD": PASSWORD,
        "LOAD_TOKEN": fleet.keys[PEOPLE[0]],
        "LOAD_HEADERS": json.dumps(AS_NGINX),
    }
    program = ("-m", "locust", "-f", "bench/load/locustfile.py")
    return fleet.servers.spawn("locust", *program, *options, *users, **env)


def _figures(fleet: Fleet) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, process in fleet.processes.items():
        figures[f"{name}, MB"] = memory_mb(process.pid)
        figures[f"{name}, descriptors"] = descriptors(process.pid)
    with psycopg.connect(fleet.servers.postgres.url) as connection:
        (count,) = connection.execute(CONNECTIONS).fetchone() or (0,)
    return figures | {"connections to Postgres": count}


def _growth(name: str, figures: Sequence[float]) -> Growth:
    warm = figures[int(WARM_UP * len(figures)) :]
    compared = max(1, int(COMPARED * len(figures)))
    spare = 0.0 if name.endswith("MB") else SPARE
    return Growth(name, median(warm[:compared]), median(warm[-compared:]), spare)


def _left_over(servers: Servers) -> list[str]:
    """Runs that haven't ended once the load has."""
    until_s = time.monotonic() + END_S
    with psycopg.connect(servers.postgres.url, autocommit=True) as connection:
        while time.monotonic() < until_s:
            (count,) = connection.execute(OPEN_RUNS).fetchone() or (0,)
            if not count:
                return []
            time.sleep(1)
    return [f"{count} runs have not ended"]


def _report(minutes: float, growth: Sequence[Growth], requests: Mapping[str, str]) -> Report:
    return Report(
        "whether processes grow",
        [("what", "after the warm-up", "at the end", "growth"), *(one.row for one in growth)],
        [
            f"{minutes:.0f} minutes, {USERS} users of `bench/load`: pages, REST, streams and"
            " WebSockets through nginx, 2 web, 2 live and 2 workers, the simulator without delay."
            f" {requests['Request Count']} requests, {requests['Failure Count']} failed;"
            f" p50 {requests['50%']} ms, p95 {requests['95%']} ms. Figures are medians; the first"
            f" {WARM_UP:.0%} are the warm-up. Allowed: {MAX_GROWTH:.0%}, and {SPARE} more"
            " descriptors or connections."
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
