"""``python -m agentsite.server -b HOST -p PORT agentsite.asgi:application``."""

import asyncio
import gc
from argparse import ArgumentParser
from importlib import import_module

import uvloop

# First of all: daphne gives its reactor a loop of this kind.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

from agentsite.server.sockets import Server
from web.tracing.process import end_telemetry


def main() -> None:
    """Serve until a signal ends it."""
    parser = ArgumentParser(prog="python -m agentsite.server", description=__doc__)
    parser.add_argument("-b", "--bind", default="127.0.0.1", metavar="HOST")
    parser.add_argument("-p", "--port", default=8000, type=int)
    parser.add_argument("application", metavar="module:application")
    given = parser.parse_args()
    module, _, name = given.application.partition(":")
    application = getattr(import_module(module), name)
    # It has models, which are there only now that the application has set Django up.
    import_module("runs.alerts.watch").begin_watch()
    # What the application has loaded is there to stay as well.
    gc.freeze()
    Server(application, given.bind, given.port).run()
    end_telemetry()


if __name__ == "__main__":
    main()
