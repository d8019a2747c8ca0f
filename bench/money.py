"""Hold and settle in SQL functions against the same writes in plain ORM code."""

from bench.measure import ROUNDS, Measurement, interleaved, measure
from bench.results import Report
from bench.servers import Servers

NAMES = {
    "orm": "plain ORM, 8 threads",
    "product": "SQL functions, `PostgresJournal`",
}
PAIRS = {"orm": 240, "product": 1600}
OWNERS = {8: "8 users", 1: "one user"}


def run(servers: Servers) -> Report:
    """Measure both sides in turn, with runs of several users and of one."""
    rows: list[tuple[str, ...]] = []
    for owners, whose in OWNERS.items():
        figures = _figures(servers, owners)
        base = figures["orm"]["pairs_s"]
        rows += [
            (
                whose,
                name,
                f"{figures[side]['pairs_s']:.0f}",
                f"{figures[side]['pairs_s'] / base:.1f}",
                f"{figures[side]['cpu_ms']:.2f}",
            )
            for side, name in NAMES.items()
        ]
    return Report(
        "hold and settle",
        [("runs of", "way", "pairs a second", "ratio", "client CPU ms a pair"), *rows],
        [
            "A pair is two transactions: hold, step and event; then step with an 800-byte answer,"
            " ledger line, rollup, hold, run totals and two events. One process, 8 connections,"
            f" Postgres with its default durability; medians of {ROUNDS} interleaved rounds. Runs"
            " of one user meet on its rollup row."
        ],
    )


def _figures(servers: Servers, owners: int) -> dict[str, Measurement]:
    def measure_side(side: str) -> Measurement:
        options = ("--pairs", PAIRS[side], "--owners", owners)
        return measure("money", side, *options, env=servers.env)

    return interleaved(tuple(NAMES), measure_side)
