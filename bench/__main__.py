"""Command line: `python -m bench [claims|patterns|auto|stream|in_flight|...]`."""

import argparse
import os
import signal
import time
from contextlib import nullcontext
from importlib import import_module

from bench.results import PATH, record
from bench.servers import Servers

# In this order, however they are named: `submit` leaves a queue full of runs, and `usage` has a
# database of its own, which it fills with gigabytes.
NAMES = (
    "claims", "patterns", "auto", "stream", "gateway", "in_flight", "first_event", "live", "money",
    "submit", "usage",
)  # fmt: skip
# These need neither a database nor a site.
ALONE = frozenset({"claims", "patterns"})


def main() -> None:
    """Run the named benchmarks, or all, and write their tables to RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}")
    asked = set(parser.parse_args().names or NAMES)
    if unknown := asked - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    # Ended by a time limit, it still stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Servers() if asked - ALONE else nullcontext() as servers:
        for name in filter(asked.__contains__, NAMES):
            began_s, load = time.monotonic(), os.getloadavg()[0]
            print(f"{name} ...", flush=True)
            section = import_module(f"bench.{name}").run(servers).markdown(load)
            record(name, section)
            print(section)
            print(f"{name} took {time.monotonic() - began_s:.0f} s", flush=True)
    print(f"The tables are in {PATH}")


if __name__ == "__main__":
    main()
