"""Command line: `python -m bench.chaos [--seconds 600] [--runs 300] [--kills 30] [--seed N]`."""

import argparse
import sys
import time

from bench.chaos.plan import Plan
from bench.chaos.session import chaos
from bench.results import record, verdict


def main() -> int:
    """Run, report, and exit with 1 when anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="default %(default)s")
    parser.add_argument("--runs", type=int, default=Plan.runs, help="default %(default)s")
    parser.add_argument("--kills", type=int, default=Plan.kills, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="default %(default)s")
    parser.add_argument("--record", action="store_true", help="keep the verdict in RESULTS.md")
    options = vars(parser.parse_args())
    kept = options.pop("record")
    plan, began_s = Plan(**options), time.monotonic()
    report = chaos(plan)
    print(report)
    if kept:
        title = f"{plan.runs} runs, {plan.kills} kills, seed {plan.seed}"
        took = (
            f"It took {time.monotonic() - began_s:.0f} s; each of the first lines has to be zero."
        )
        record("chaos", verdict(title, str(report), took))
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main())
