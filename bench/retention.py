"""Deletion of a month's details while money moves: `python -m bench.retention [--lines N]`."""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psycopg

from bench.ledger import CALLS_A_RUN, fill
from bench.measure import ROOT, Measurement, measure
from bench.results import Report, record
from bench.servers import Servers
from bench.usage import own_database

LINES = 10_000_000
FILL_JOURNAL = (Path(__file__).parent / "journal.sql").read_text()
# The site's year is 365 days old at most: so the oldest month goes.
KEPT_DAYS = 335
KINDS = ("STEPS", "EVENTS", "ANSWERS")
RATE = 50
SECONDS = 60
CLIENT_S = 300
TARGET = 1.2
POLL_S = 0.05
TABLES = ("runs_runevent", "runs_step")
STATE = """
    SELECT (SELECT count(*) FROM runs_runevent), (SELECT count(*) FROM runs_step),
        (SELECT sum(pg_total_relation_size(relname::regclass)) FROM unnest(%s::text[]) AS relname)
"""


class State(NamedTuple):
    """How much of the journal there is."""

    events: int
    steps: int
    size: int


def run(servers: Servers, lines: int = LINES) -> Report:
    """Fill a database, and measure money before, during and after the deletion."""
    with own_database(servers, "retention") as env:
        filled = fill(env["DATABASE_URL"], runs=lines // CALLS_A_RUN)
        _fill_journal(env)
        before_state = _state(env)
        before = _money(env)
        deletion = _begin_deletion(env)
        _wait_for_first_batch(env, deletion)
        began_s = time.monotonic()
        during = _money(env, "--while-pid", deletion.pid)
        said = deletion.communicate()[0]
        took_s = time.monotonic() - began_s
        if deletion.returncode:
            raise RuntimeError(said)
        after_state, deleted = _state(env), _deleted(env)
        after = _money(env)
    rows = [_row(name, figures, before) for name, figures in (
        ("before", before), ("while a month is deleted", during), ("after", after),
    )]  # fmt: skip
    return Report(
        f"a month's details deleted from {filled.lines:,} ledger lines while money moves",
        [("when", "pairs", "p50 ms", "p95 ms", "p99 ms", "p95 ratio", "target"), *rows],
        [_note(before_state, after_state, deleted, took_s)],
    )


def _fill_journal(env: Mapping[str, str]) -> None:
    url = env["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(FILL_JOURNAL, ())
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _begin_deletion(env: Mapping[str, str]) -> subprocess.Popen[str]:
    days = {f"RETAIN_{kind}_DAYS": str(KEPT_DAYS) for kind in KINDS}
    return subprocess.Popen(
        [sys.executable, "manage.py", "retain"],
        cwd=ROOT,
        env={**env, **days},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_for_first_batch(env: Mapping[str, str], deletion: subprocess.Popen[str]) -> None:
    """The start of its process is none of the deletion."""
    while deletion.poll() is None and not _deleted(env):
        time.sleep(POLL_S)


def _money(env: Mapping[str, str], *options: object) -> Measurement:
    asked = ("--rate", RATE, "--seconds", SECONDS, *options)
    return measure("paced_money", *asked, env=env, timeout_s=CLIENT_S)


def _state(env: Mapping[str, str]) -> State:
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(STATE, [list(TABLES)]).fetchall()[0]
    return State(*map(int, row))


def _deleted(env: Mapping[str, str]) -> dict[str, int]:
    """How many rows of each kind went; while that was measured, others came."""
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        return dict(connection.execute("SELECT kind, rows FROM runs_retentionmark").fetchall())


def _row(name: str, figures: Measurement, before: Measurement) -> tuple[str, ...]:
    ratio = figures["p95_ms"] / before["p95_ms"]
    times = (f"{figures[name]:.1f}" for name in ("p50_ms", "p95_ms", "p99_ms"))
    return (name, f"{figures['pairs']:.0f}", *times, f"{ratio:.2f}", f"{TARGET}")


def _note(before: State, after: State, deleted: Mapping[str, int], took_s: float) -> str:
    return (
        f"A pair is a hold and a settle by the worker's journal, {RATE} a second over 8"
        f" connections, for {SECONDS} s or as long as the deletion. `manage.py retain` deleted"
        f" {deleted['events']:,} of {before.events:,} events, {deleted['steps']:,} of"
        f" {before.steps:,} steps and the"
        f" answers of the same runs, the oldest month of a year, in {took_s:.0f} s. Steps and"
        f" events took {before.size / 10**9:.2f} GB before and {after.size / 10**9:.2f} GB after:"
        " the space is kept for what comes."
    )


def main() -> None:
    """Measure with as many ledger lines as asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.retention", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES, help=f"ledger lines (default: {LINES})")
    parser.add_argument("--record", action="store_true", help="put the table into RESULTS.md")
    args = parser.parse_args()
    with Servers() as servers:
        section = run(servers, args.lines).markdown(0.0)
    if args.record:
        record("retention", section)
    print(section)


if __name__ == "__main__":
    main()
