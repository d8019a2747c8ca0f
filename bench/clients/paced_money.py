"""Holds and settles calls at a steady rate, and prints how long the pairs took.

It ends after so many seconds, or with the process that `--while-pid` names.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from uuid import UUID

import uvloop

from bench.clients.calls import CALLS_A_RUN, MODEL, requests
from bench.clients.claimed import EPOCH, claimed_runs
from bench.clients.money import END, WRITERS
from bench.measure import percentile
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.live import Publisher, RunLive
from runs.executor.observer import Observer
from runs.executor.prices import Prices
from runs.executor.signals import Bell, RunStop

OWNERS = 8


def lives(pid: int) -> bool:
    """False once the process has ended, whether or not its parent has noticed."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Pace:
    """So many pairs a second over all writers, as long as it lasts."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._pause_s = WRITERS / args.rate
        self._ends_s = time.monotonic() + args.seconds
        self._pid: int | None = args.while_pid

    async def until_next(self, began_s: float) -> None:
        """Wait until the writer's next pair is due."""
        await asyncio.sleep(max(0.0, self._pause_s - (time.monotonic() - began_s)))

    @property
    def over(self) -> bool:
        """True when nothing more is to be measured."""
        return time.monotonic() >= self._ends_s or not (self._pid is None or lives(self._pid))


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Database, Prices]]:
    database, prices = Database(), Prices()
    await database.open()
    await prices.of(MODEL)
    yield database, prices
    await database.close()


async def _measured(run_ids: Sequence[UUID], pace: Pace) -> list[float]:
    """The milliseconds of each pair."""
    took_ms: list[float] = []
    publisher = Publisher()
    async with _opened() as (database, prices):

        async def write(mine: Sequence[UUID]) -> None:
            for run_id in mine:
                journal = PostgresJournal(
                    run_id=run_id, epoch=EPOCH, database=database, prices=prices,
                    live=RunLive(run_id, publisher), freed=Bell(), stop=RunStop(),
                    observer=Observer(),
                )  # fmt: skip
                for request in requests():
                    if pace.over:
                        return
                    start, began_s = request.start(1), time.monotonic()
                    await journal.settle(start, await journal.hold(start), END)
                    took_ms.append(1000 * (time.monotonic() - began_s))
                    await pace.until_next(began_s)

        await asyncio.gather(*(write(run_ids[writer::WRITERS]) for writer in range(WRITERS)))
    return took_ms


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True, help="pairs a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--while-pid", type=int)
    args = parser.parse_args()
    needed = int(args.rate * args.seconds / CALLS_A_RUN) + WRITERS
    run_ids = claimed_runs(needed, owners=OWNERS)
    took_ms = uvloop.run(_measured(run_ids, Pace(args)))
    if not took_ms:
        raise RuntimeError("not one pair was written: there was too little to delete")
    print(
        json.dumps(
            {
                "pairs": len(took_ms),
                "p50_ms": median(took_ms),
                "p95_ms": percentile(took_ms, 0.95),
                "p99_ms": percentile(took_ms, 0.99),
            }
        )
    )


if __name__ == "__main__":
    main()
