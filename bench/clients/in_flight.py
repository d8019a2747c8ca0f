"""Keeps runs of five paid calls in flight with one client, and prints how long they take."""

import argparse
import asyncio
import json
import math
import resource
import time
import traceback
from uuid import UUID

import uvloop
from django.conf import settings

from bench.clients.calls import CALLS_A_RUN, MODEL, requests
from bench.clients.claimed import EPOCH, claimed_runs
from bench.clients.sdk_model import SdkModel
from bench.measure import percentile
from runs import functions
from runs.breakers import rules
from runs.engine.calls.paid import PaidCalls
from runs.engine.clock import SystemClock
from runs.engine.ports import Ports
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.tools.registry import ToolBox
from runs.engine.types import Result
from runs.executor.breakers import RedisBreakers
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.live import Publisher, RunLive
from runs.executor.observer import Observer
from runs.executor.prices import Prices
from runs.executor.signals import Bell, RunStop

OWNERS = 10
END = Result("succeeded", "42", "final", "completed")


class Harness:
    """What a worker process has around its runs."""

    def __init__(self, args: argparse.Namespace) -> None:
        url = f"{args.url}/{args.chunks}/{args.rate}/v1"
        product = args.client == "product"
        client = OpenAIModel if product else SdkModel
        self.model: OpenAIModel | SdkModel = client(api_key="bench", base_url=url)
        self.database = Database()
        self.prices = Prices()
        self.publisher = Publisher()
        self.breakers = RedisBreakers(settings.REDIS_URL, rules(), settings.MODEL_FALLBACKS)
        self._chunks = args.chunks

    async def execute(self, run_id: UUID) -> None:
        """One run from its journal to its end."""
        live = RunLive(run_id, self.publisher)
        journal = PostgresJournal(
            run_id=run_id,
            epoch=EPOCH,
            database=self.database,
            prices=self.prices,
            live=live,
            freed=Bell(),
            stop=RunStop(),
            observer=Observer(),
        )
        await journal.load()
        clock, tools = SystemClock(), ToolBox(())
        paid = PaidCalls(Ports(journal, self.model, live, RunStop(), clock, tools, self.breakers))
        for request in requests():
            answer = await paid.make(request)
            if len(answer.text.split()) != self._chunks:
                raise RuntimeError("an answer is not complete")
        ended = await self.database.run(functions.finish(run_id=run_id, epoch=EPOCH, result=END))
        live.events(ended.events)

    async def slot(self, run_ids: list[UUID], delay_s: float) -> list[float]:
        """One run after another, beginning a little later than the other slots."""
        await asyncio.sleep(delay_s)
        return [await self._seconds(run_id) for run_id in run_ids]

    async def _seconds(self, run_id: UUID) -> float:
        """How long the run takes; for ever, if the client gives up under its load."""
        began_s = time.perf_counter()
        try:
            await self.execute(run_id)
        except Exception:
            traceback.print_exc()
            return math.inf
        return time.perf_counter() - began_s


async def _measure(args: argparse.Namespace, run_ids: list[UUID]) -> dict[str, float]:
    harness = Harness(args)
    await harness.database.open()
    await harness.prices.of(MODEL)
    publishing = asyncio.create_task(harness.publisher.run())
    call_s = args.chunks / args.rate
    cpu_s = time.process_time()
    slots = await asyncio.gather(
        *(
            harness.slot(run_ids[slot :: args.runs], call_s * slot / args.runs)
            for slot in range(args.runs)
        )
    )
    cpu_s = time.process_time() - cpu_s
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)
    await harness.publisher.close()
    await harness.model.close()
    await harness.breakers.close()
    await harness.database.close()
    times_s = [seconds for slot in slots for seconds in slot]
    return {
        "p50": percentile(times_s, 0.50) / (CALLS_A_RUN * call_s),
        "p95": percentile(times_s, 0.95) / (CALLS_A_RUN * call_s),
        "cpu_ms": 1000 * cpu_s / len(times_s),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=("product", "sdk"))
    parser.add_argument("url")
    parser.add_argument("--runs", type=int, required=True, help="in flight")
    parser.add_argument("--chunks", type=int, required=True, help="in an answer")
    parser.add_argument("--rate", type=int, required=True, help="chunks a second")
    parser.add_argument("--rounds", type=int, default=2, help="runs one after another")
    args = parser.parse_args()
    run_ids = claimed_runs(args.runs * args.rounds, owners=OWNERS)
    print(json.dumps(uvloop.run(_measure(args, run_ids))))


if __name__ == "__main__":
    main()
