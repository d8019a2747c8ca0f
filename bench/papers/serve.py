"""The scripted provider as a process: `python -m bench.papers.serve 9000 --tokens-a-piece 1`."""

import argparse
import asyncio

import uvloop

from bench.papers.provider import Pace, Provider
from bench.papers.script import model


async def _serve(port: int, pace: Pace) -> None:
    provider = Provider(model, pace, port)
    await provider.serve()
    while True:
        await asyncio.sleep(1)
        provider.calls.clear()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--tokens-a-piece", type=int, default=1_000_000)
    parser.add_argument("--token-s", type=float, default=0.0)
    args = parser.parse_args()
    uvloop.run(_serve(args.port, Pace(0, args.token_s, args.tokens_a_piece)))


if __name__ == "__main__":
    main()
