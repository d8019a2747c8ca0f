"""The mixed day of `bench/load`: each kind of its users does all it can do, and nothing fails."""

import subprocess
import sys
from csv import DictReader
from pathlib import Path

from accounts.models import User
from agentsite.local.children import Child
from bench.measure import ROOT
from tests.factories import PASSWORD
from tests.stack import Stack

EACH = {
    *("sign in", "after submit", "/runs/", "/usage/", "/budgets/", "/ws/runs/[id]/"),
    *("/api/v1/runs/", "/api/v1/runs/[id]/ledger/", "/api/v1/usage/?group_by=model"),
    *("/v1/chat/completions", "/api/v1/runs/[id]/events/"),
}
SECONDS = 5


def test_people_scripts_and_streams_are_all_answered(
    stack: Stack, worker: Child, owner: User, key: str, tmp_path: Path
):
    options = ("--headless", "--only-summary", "--host", stack.web_url, "--csv", f"{tmp_path}/load")
    users = (
        "--users",
        "8",
        "--spawn-rate",
        "8",
        "--run-time",
        f"{SECONDS}",
        "--stop-timeout",
        "60",
    )
    env = stack.env | {"LOAD_EMAILS": owner.email, "LOAD_PASSWORD": PASSWORD, "LOAD_TOKEN": key}

    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "bench/load/locustfile.py", *options, *users],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    failures = (tmp_path / "load_failures.csv").read_text()
    assert done.returncode == 0, failures + done.stderr[:2000]
    with (tmp_path / "load_stats.csv").open() as file:
        asked = {row["Name"] for row in DictReader(file)}
    assert asked >= EACH
