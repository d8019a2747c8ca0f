"""Streams answers with one client and prints the CPU time of each; a process of its own."""

import argparse
import asyncio
import json
import time

import uvloop

from bench.clients.calls import MESSAGES, MODEL
from bench.clients.sdk_model import SdkModel
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.types import ModelRequest

WARM_UP = 10


async def _answer(model: OpenAIModel | SdkModel, expected: int) -> None:
    stream = await model.stream(ModelRequest(MODEL, MESSAGES, max_output_tokens=4096))
    async for _ in stream:
        pass
    if stream.reply is None or stream.usage is None or stream.usage.output != expected:
        raise RuntimeError("an answer is not complete")
    await stream.close()


async def _measure(args: argparse.Namespace) -> dict[str, float]:
    side = {"product": OpenAIModel, "sdk": SdkModel}[args.client]
    model = side(api_key="bench", base_url=f"{args.url}/{args.chunks}/{args.rate}/v1")
    gate = asyncio.Semaphore(args.at_once)

    async def answer() -> None:
        async with gate:
            await _answer(model, args.chunks)

    await asyncio.gather(*(answer() for _ in range(WARM_UP)))
    began_s, cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(answer() for _ in range(args.answers)))
    cpu_s = time.process_time() - cpu_s
    elapsed_s = time.perf_counter() - began_s
    await model.close()
    return {"cpu_ms": 1000 * cpu_s / args.answers, "elapsed_s": elapsed_s}


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=("product", "sdk"))
    parser.add_argument("url")
    parser.add_argument("--chunks", type=int, default=200)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--answers", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=10)
    print(json.dumps(uvloop.run(_measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
