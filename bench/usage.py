"""Database time of the pages about money and of run lists, over a ledger of ten million lines."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from agentsite.local.site_role import ROLE
from bench.ledger import Filled, fill
from bench.measure import ROOT, Measurement, measure
from bench.results import Report
from bench.servers import Servers

MANAGE_TIMEOUT_S = 240
# An audit reads everything several times.
CASE_TIMEOUT_S = 400
HEAVY, ORDINARY, STAFF = (f"user{number}@example.org" for number in (1, 2, 50))
PAGE_MS = 100
OPS_MS = 150
REPORT = "/api/v1/usage/?group_by=day,model"
OLD_MONTH = f"{datetime.now(UTC) - timedelta(days=180):%Y-%m}"
# The heavy user has 400,000 runs.
LISTS = {
    "newest": "",
    "dearest": "?sort=cost",
    "failed": "?status=failed",
    "a pattern": "?pattern=debate",
    "a month": f"?when={OLD_MONTH}",
    "a text": "?q=times+777",
}
RANGES = {"this month": "", "30 days": "?days=30", "an old month": f"?month={OLD_MONTH}"}


class Case(NamedTuple):
    """One row of the table, and what `bench.clients.usage` does for it."""

    what: str
    options: tuple[str, ...]
    target_ms: int | None = None

    def row(self, figures: Measurement) -> tuple[str, ...]:
        """The row's cells."""
        worst = f"{figures['worst_ms']:.0f}" if self.options[0] == "view" else "once"
        target = f"{self.target_ms}" if self.target_ms else "–"
        return (
            self.what,
            f"{figures['statements']:.0f}",
            f"{figures['p50_ms']:.0f}",
            worst,
            target,
        )


CASES = (
    Case("set a site budget of a month", ("budget", "site", "month")),
    Case("set a site budget in all", ("budget", "site", "total")),
    Case("set a budget in all, heavy user", ("budget", "user", "total", "--user", HEAVY)),
    Case(
        "set a budget in all, the heavy user's token", ("budget", "token", "total", "--user", HEAVY)
    ),
    *(
        Case(f"Usage page, {days}, {whose} user", ("view", user, f"/usage/{query}"), PAGE_MS)
        for whose, user in (("heavy", HEAVY), ("ordinary", ORDINARY))
        for days, query in RANGES.items()
    ),
    *(
        Case(f"run list, {what}, heavy user", ("view", HEAVY, f"/runs/{query}"), PAGE_MS)
        for what, query in LISTS.items()
    ),
    Case("Budgets page, heavy user", ("view", HEAVY, "/budgets/")),
    Case("Budgets page, staff", ("view", STAFF, "/budgets/")),
    *(
        Case(f"Operations page, {what}", ("view", STAFF, f"/ops/?dollars=real{query}"), OPS_MS)
        for what, query in (
            ("two weeks", ""),
            ("this month by model", "&range=month&by=model"),
            ("users by errors", "&sort=errors"),
            ("users by budget", "&sort=budget"),
            ("a user searched for", "&q=user77"),
        )
    ),
    Case("Operations page, what is live", ("view", STAFF, "/ops/fragment/"), OPS_MS),
    Case("Operations, the heavy user", ("view", STAFF, "/ops/users/1/?dollars=real"), OPS_MS),
    Case(f"`GET {REPORT}`, 30 days, heavy user", ("view", HEAVY, REPORT)),
    Case(f"`GET {REPORT}&scope=site`, 30 days", ("view", STAFF, f"{REPORT}&scope=site")),
    Case("what `/metrics` reads", ("metrics",), PAGE_MS),
    Case("audit of everything", ("audit",)),
)


def run(servers: Servers) -> Report:
    """Fill a database, and measure every case in it."""
    with own_database(servers, "usage") as env:
        filled = fill(env["DATABASE_URL"])
        rows = [_measured(case, env) for case in CASES]
    return Report(
        f"the pages about money over {filled.lines:,} ledger lines",
        [("what", "statements", "database ms p50", "worst", "target"), *rows],
        [_note(filled)],
    )


def _measured(case: Case, env: Mapping[str, str]) -> tuple[str, ...]:
    # Staff need no second factor to be measured.
    env = {**env, "STAFF_MFA_REQUIRED": "false"}
    row = case.row(measure("usage", *case.options, env=env, timeout_s=CASE_TIMEOUT_S))
    print(*row, sep=" | ", flush=True)
    return row


@contextmanager
def own_database(servers: Servers, name: str) -> Iterator[dict[str, str]]:
    """The environment of a site with a database of its own, which is dropped afterwards."""
    with servers.postgres.as_superuser("postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
        # What fills it skips foreign keys, and writes all to disk before anything is measured.
        connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}")
        connection.execute(f"GRANT pg_checkpoint TO {ROLE}")
        url = urlsplit(servers.postgres.url)._replace(path=f"/{name}").geturl()
        env = {**servers.env, "DATABASE_URL": url}
        try:
            for command in (("migrate",), ("collectstatic", "--noinput")):
                argv = [sys.executable, "manage.py", *command, "-v", "0"]
                subprocess.run(argv, cwd=ROOT, env=env, check=True, timeout=MANAGE_TIMEOUT_S)
            yield env
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _note(filled: Filled) -> str:
    return (
        "Real pages with all middleware, by Django's test client as the signed-in user, 20 views"
        " after one that warms up; the figure is the sum of the statements' times in the client."
        " A year of 1,000 users, one with a fifth of 1,998,000 runs of five calls: 6 models, 3"
        " patterns, 5 % simulated, 5,000 corrected and 500 open doubts, a day budget for each"
        " user all the year, 100 runs with money held. Ledger, holds, runs and all their sums"
        " are all there; of steps, events and answers only what these pages read. Made in SQL"
        f" with foreign keys unchecked in {filled.seconds:.0f} s, {filled.gigabytes:.1f} GB. The"
        " audit finds no difference. While a budget is set, no money moves."
    )
