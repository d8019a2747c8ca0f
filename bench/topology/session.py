"""One run: users and readers, and every process ended in turn, first gently."""

import signal
import time
from collections import Counter
from dataclasses import dataclass

from bench.chaos.load import Load
from bench.chaos.plan import USERS, Plan
from bench.chaos.report import Report, report
from bench.chaos.session import END_S, POLL_S, VIEWERS_S
from bench.chaos.witness import Witness
from bench.servers import Servers
from bench.topology.fleet import Fleet
from bench.topology.readers import Readers, failed

WAYS = (signal.SIGTERM, signal.SIGKILL)
MAX_FAILED = 0.001
READERS = 4
# How long after one process the next is ended, where there is time for it.
STEP_S = 12.0


@dataclass(frozen=True)
class Outcome:
    """The books' report, and what readers were answered while processes ended in each way."""

    books: Report
    answers: dict[str, Counter[int]]

    @property
    def failed(self) -> bool:
        """True when anything is not as it must be: the budgets' use is not judged here."""
        return any(wrong for _, wrong in self.books.counts) or self.share("SIGTERM") > MAX_FAILED

    def share(self, way: str) -> float:
        """Which share of requests failed."""
        return failed(self.answers[way]) / max(1, self.answers[way].total())

    def __str__(self) -> str:
        lines = [
            f"{way}: {self.share(way):.3%} of requests failed: {dict(sorted(answers.items()))}"
            for way, answers in self.answers.items()
        ]
        return "\n".join([*lines, str(self.books)])


def topology(plan: Plan, readers: int = READERS) -> Outcome:
    """Carry out a plan; it says how long, how many runs, and from which seed."""
    with Servers() as servers, Fleet(servers) as fleet:
        fleet.prepare(USERS, plan.limits())
        witness = Witness(servers.postgres.url)
        load = Load(fleet, plan.orders())
        load.start()
        try:
            answers = {way.name: _end_each(fleet, plan, way, readers) for way in WAYS}
            _wait_for_ends(load, witness)
        finally:
            load.stop()
        return Outcome(report(fleet, witness, load), answers)


def _end_each(fleet: Fleet, plan: Plan, way: signal.Signals, count: int) -> Counter[int]:
    """End every process in this way, again and again; what readers were answered meanwhile."""
    readers = Readers(fleet, USERS[0], count)
    readers.start()
    round_s = plan.seconds / len(WAYS)
    rounds = max(1, round(round_s / STEP_S / len(fleet.names)))
    step_s = round_s / rounds / len(fleet.names)
    try:
        for name in fleet.names * rounds:
            until_s = time.monotonic() + step_s
            print(f"{name} {way.name}", flush=True)
            fleet.replace(name, way)
            time.sleep(max(0.0, until_s - time.monotonic()))
    finally:
        readers.stop()
    return readers.answers


def _wait_for_ends(load: Load, witness: Witness) -> None:
    until_s = time.monotonic() + END_S
    while time.monotonic() < until_s and not (load.submitted and witness.open_runs() == 0):
        time.sleep(POLL_S)
    until_s = time.monotonic() + VIEWERS_S
    while time.monotonic() < until_s and load.watching:
        time.sleep(POLL_S)
