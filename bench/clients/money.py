"""Holds and settles calls over eight connections, and prints the pairs a second.

`product` is the worker's journal on the SQL functions; `orm` is plain ORM code in eight threads.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from uuid import UUID

import uvloop
from django.db import connection

from bench.clients import orm_money
from bench.clients.calls import CALLS_A_RUN, MODEL, requests
from bench.clients.claimed import EPOCH, claimed_runs
from billing.models import Budget, LedgerEntry
from billing.pricing import price_of
from billing.services import create_budget, delete_budget
from runs.engine.types import Reply, StepEnd, Usage
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.live import Publisher, RunLive
from runs.executor.observer import Observer
from runs.executor.prices import Prices
from runs.executor.signals import Bell, RunStop

WRITERS = 8
ANSWER = "Six times seven is forty-two. " * 27
USAGE = Usage(fresh_input=300, cached_input=0, output=200)
END = StepEnd(
    status="done",
    usage=USAGE,
    confidence="exact",
    duration_ms=1000,
    reply=Reply(ANSWER, (), "stop", MODEL, "chatcmpl-bench"),
    preview=ANSWER[:200],
)


class Spent:
    """Elapsed and CPU time from its making on."""

    def __init__(self) -> None:
        self._began_s, self._cpu_s = time.perf_counter(), time.process_time()

    def on(self, pairs: int) -> dict[str, float]:
        """What so many pairs cost."""
        cpu_s = time.process_time() - self._cpu_s
        elapsed_s = time.perf_counter() - self._began_s
        return {"pairs_s": pairs / elapsed_s, "cpu_ms": 1000 * cpu_s / pairs}


async def _product(warm_up: list[UUID], run_ids: list[UUID]) -> dict[str, float]:
    database, prices, publisher = Database(), Prices(), Publisher()
    await database.open()
    await prices.of(MODEL)

    async def write(mine: Sequence[UUID]) -> None:
        for run_id in mine:
            live = RunLive(run_id, publisher)
            journal = PostgresJournal(
                run_id=run_id,
                epoch=EPOCH,
                database=database,
                prices=prices,
                live=live,
                freed=Bell(),
                stop=RunStop(),
                observer=Observer(),
            )
            for request in requests():
                start = request.start(1)
                await journal.settle(start, await journal.hold(start), END)

    async def write_all(ids: list[UUID]) -> None:
        await asyncio.gather(*(write(ids[writer::WRITERS]) for writer in range(WRITERS)))

    await write_all(warm_up)
    spent = Spent()
    await write_all(run_ids)
    figures = spent.on(len(run_ids) * CALLS_A_RUN)
    await database.close()
    return figures


def _orm(warm_up: list[UUID], run_ids: list[UUID]) -> dict[str, float]:
    prices = price_of(MODEL)
    if prices is None:
        raise RuntimeError(f"{MODEL} has no price")

    def write(mine: Sequence[UUID]) -> None:
        for run_id in mine:
            for request in requests():
                start = request.start(1)
                hold = orm_money.hold(run_id, start, prices)
                orm_money.settle(hold, start, END, USAGE, prices)
        connection.close()  # gives it back to the pool

    def write_all(ids: list[UUID]) -> None:
        list(threads.map(write, [ids[writer::WRITERS] for writer in range(WRITERS)]))

    connection.close()  # this thread's, so that the writers have all of them
    with ThreadPoolExecutor(WRITERS) as threads:
        write_all(warm_up)
        spent = Spent()
        write_all(run_ids)
        return spent.on(len(run_ids) * CALLS_A_RUN)


@contextmanager
def _site_budget() -> Iterator[None]:
    """One hard budget that every call touches, with room for all of them."""
    budget = create_budget(
        scope=Budget.Scope.SITE,
        period=Budget.Period.MONTH,
        limit_usd=Decimal(1_000_000),
        timezone="UTC",
        hard=True,
    )
    yield
    delete_budget(budget=budget)


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=("product", "orm"))
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--owners", type=int, required=True)
    parser.add_argument("--site-budget", action="store_true")
    args = parser.parse_args()
    with _site_budget() if args.site_budget else nullcontext():
        print(json.dumps(_figures(args)))


def _figures(args: argparse.Namespace) -> dict[str, float]:
    warm_up = claimed_runs(WRITERS, owners=args.owners)
    run_ids = claimed_runs(args.pairs // CALLS_A_RUN, owners=args.owners)
    if args.side == "product":
        figures = uvloop.run(_product(warm_up, run_ids))
    else:
        figures = _orm(warm_up, run_ids)
    written = LedgerEntry.objects.filter(run_id__in=run_ids).count()
    if written != len(run_ids) * CALLS_A_RUN:
        raise RuntimeError(f"{written} ledger lines were written")
    return figures


if __name__ == "__main__":
    main()
