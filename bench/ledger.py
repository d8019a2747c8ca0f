"""Fills a database of the site with a year of its money, in SQL."""

import time
from pathlib import Path
from typing import NamedTuple

import psycopg

FILL = (Path(__file__).parent / "ledger.sql").read_text()
CALLS_A_RUN = 5
# With 10,000 corrections.
RUNS = 1_998_000
SIZE = "SELECT count(*), pg_database_size(current_database()) FROM billing_ledgerentry"


class Filled(NamedTuple):
    """What was written, and how long that took."""

    lines: int
    gigabytes: float
    seconds: float


def fill(url: str, runs: int = RUNS) -> Filled:
    """Write the ledger and all that belongs to it. The database is migrated and else empty."""
    began_s = time.monotonic()
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(FILL, {"runs": runs})
        connection.execute("VACUUM ANALYZE")
        # What is to be written is written now, not while it is measured.
        connection.execute("CHECKPOINT")
        (row,) = connection.execute(SIZE).fetchall()
    return Filled(row[0], row[1] / 10**9, time.monotonic() - began_s)
