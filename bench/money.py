"""Hold and settle in SQL functions against the same writes in plain ORM code."""

from typing import NamedTuple

from bench.measure import ROUNDS, Measurement, interleaved, measure
from bench.results import Report
from bench.servers import Servers

PAIRS = {"orm": 240, "product": 1600}


class Case(NamedTuple):
    """One row of the table; its ratio is against the row named `base`."""

    whose: str
    way: str
    base: str
    options: tuple[object, ...]


CASES = {
    "orm": Case("8 users", "plain ORM, 8 threads", "orm", ("orm", "--owners", 8)),
    "product": Case("8 users", "SQL functions", "orm", ("product", "--owners", 8)),
    "budget": Case(
        "8 users under one site budget",
        "SQL functions",
        "product",
        ("product", "--owners", 8, "--site-budget"),
    ),
    "orm, one user": Case(
        "one user", "plain ORM, 8 threads", "orm, one user", ("orm", "--owners", 1)
    ),
    "one user": Case("one user", "SQL functions", "orm, one user", ("product", "--owners", 1)),
}


def run(servers: Servers) -> Report:
    """Measure every case in turn."""

    def measure_case(name: str) -> Measurement:
        side, *options = CASES[name].options
        return measure("money", side, "--pairs", PAIRS[str(side)], *options, env=servers.env)

    figures = interleaved(tuple(CASES), measure_case)
    rows = [
        (
            case.whose,
            case.way,
            f"{figures[name]['pairs_s']:.0f}",
            f"{figures[name]['pairs_s'] / figures[case.base]['pairs_s']:.2f}",
            f"{figures[name]['cpu_ms']:.2f}",
        )
        for name, case in CASES.items()
    ]
    return Report(
        "hold and settle",
        [("runs of", "way", "pairs a second", "ratio", "client CPU ms a pair"), *rows],
        [
            "A pair is two transactions: hold, step and event; then step with an 800-byte answer,"
            " ledger line, rollups, hold, run totals and two events. One process, 8 connections,"
            f" Postgres with its default durability; medians of {ROUNDS} interleaved rounds. The"
            " SQL functions are called by the worker's `PostgresJournal`. Ratios are against the"
            " ORM for the same users; under the site budget, whose one window every hold and every"
            " settle locks, against the SQL functions without it. Runs of one user meet on its"
            " daily sum. Targets: 5 times the ORM, 0.8 ms, and under the site budget half."
        ],
    )
