"""Command line: `python -m bench.topology [--seconds 600] [--runs 300] [--seed N]`."""

import argparse
import sys

from bench.chaos.plan import Plan
from bench.topology.session import topology


def main() -> int:
    """Run, report, and exit with 1 when anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.topology", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="default %(default)s")
    parser.add_argument("--runs", type=int, default=Plan.runs, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=Plan.seed, help="default %(default)s")
    outcome = topology(Plan(**vars(parser.parse_args())))
    print(outcome)
    return int(outcome.failed)


if __name__ == "__main__":
    sys.exit(main())
