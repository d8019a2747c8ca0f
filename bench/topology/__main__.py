"""Command line: `python -m bench.topology [--seconds 600] [--runs 600] [--seed N]`."""

import argparse
import sys

from bench.chaos.plan import Plan
from bench.results import record, verdict
from bench.topology.session import topology

RUNS = 600


def main() -> int:
    """Run, report, and exit with 1 when anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.topology", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="default %(default)s")
    parser.add_argument("--runs", type=int, default=RUNS, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="default %(default)s")
    parser.add_argument("--record", action="store_true", help="keep the verdict in RESULTS.md")
    options = vars(parser.parse_args())
    kept = options.pop("record")
    # Spread evenly, so that whenever a process ends there is work in it.
    plan = Plan(**options, waves=options["runs"])
    outcome = topology(plan)
    print(outcome)
    if kept:
        title = f"nginx, 2 web, 2 live and 2 workers; {plan.runs} runs in {plan.seconds:.0f} s"
        note = "Every process was ended in turn, each time in both ways; the zeros have to be zero."
        record("topology", verdict(title, str(outcome), note))
    return int(outcome.failed)


if __name__ == "__main__":
    sys.exit(main())
