"""Command line: ``python -m agentsite.simulator --port 9999``."""

import argparse
import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from agentsite.simulator.server.app import Options, Simulator
from agentsite.simulator.server.ledger import Ledger
from agentsite.simulator.server.stream import Pace

_GRACE_S = 0.5


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        from uvloop import new_event_loop
    except ImportError:  # no wheel for this platform
        return asyncio.new_event_loop
    return new_event_loop


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=9999, help="0 takes a free one")
    add("--first-token-s", type=float, default=0.25, help="seconds until the first token")
    add("--tokens-per-s", type=float, default=60.0, help="0 is as fast as possible")
    add("--ledger", type=Path, help="JSON-lines file that keeps the bill over restarts")
    add("--quiet", action="store_true", help="do not print the address")
    add("--model", action="append", default=[], help="a model name to know as well (repeatable)")
    add("--require-key", action="store_true", help="answer 401 without a bearer key")
    add("--allow-reset", action="store_true", help="allow POST /sim/reset")
    add("--show-ledger", action="store_true", help="allow GET /sim/ledger, which shows all tasks")
    add("--allow-host", action="append", default=[], help="a name of this machine (repeatable)")
    return parser


async def _serve(args: argparse.Namespace) -> None:
    ledger = Ledger(args.ledger)
    options = Options(
        pace=Pace(args.first_token_s, args.tokens_per_s),
        require_key=args.require_key,
        allow_reset=args.allow_reset,
        models=frozenset(args.model),
        show_ledger=args.show_ledger,
        hosts=frozenset([args.host, *args.allow_host]),
    )
    runner = web.AppRunner(
        Simulator(options, ledger).app(),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=_GRACE_S,
    )
    await runner.setup()
    await web.TCPSite(runner, args.host, args.port, backlog=1024).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port = runner.addresses[0][:2]
    if not args.quiet:
        print(f"simulator on http://{host}:{port}/v1", flush=True)
    await stop.wait()
    await runner.cleanup()
    ledger.close()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    args = _parser().parse_args()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(args))


if __name__ == "__main__":
    main()
