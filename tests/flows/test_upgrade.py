"""A site is upgraded to a new set of SQL functions while a worker of the older set executes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from billing import sql
from billing.models import Hold
from billing.selectors.audit import ledger_differences
from runs.models import Run, Step
from runs.states import Status
from tests.forkserver.client import Process
from tests.stack import Stack, kill_now, wait_for

pytestmark = pytest.mark.usefixtures("no_worker")

COPIED = ("accounts", "agentsite", "billing", "runs", "web", "templates", "static", "manage.py")
# Its second call writes until it is cut.
ENDLESS = "What is 17 % of 2,340, minus 58? [sim: rate=0.2 on=2]"
NEXT = sql.SET + 1
MIGRATE_BACK = """
from django.core.management import call_command
for app, name in {migrations}:
    call_command("migrate", app, name, verbosity=0)
"""


class NewRelease:
    """A copy of the code whose `run.started` says which set wrote it."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.folder = folder
        self.stack = stack
        for name in COPIED:
            source = sql.ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        queue = folder / "runs" / "sql" / "queue.sql"
        before = "'data', jsonb_build_object('worker', v_name"
        assert before in queue.read_text()
        queue.write_text(queue.read_text().replace(before, f"{before}, 'set', {NEXT}"))

    def manage(self, *arguments: str) -> None:
        """Run a command of the new release on the site's database."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.stack.env,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr

    def start_worker(self) -> Process:
        """A worker of the new release."""
        return self.stack.start_worker_of(self.folder, "new-release")


@pytest.fixture
def release(stack: Stack, tmp_path: Path) -> Iterator[NewRelease]:
    """The new release; afterwards the database is the older one's again."""
    new = NewRelease(tmp_path, stack)
    yield new
    migrations = [(app, newest_migration(app)) for app in reversed(sql.APPS)]
    new.manage("shell", "-c", MIGRATE_BACK.format(migrations=migrations))


def newest_migration(app: str) -> str:
    """The app's last migration in the older release."""
    ((_, name),) = MigrationLoader(None).graph.leaf_nodes(app)
    return str(name)


def held_in_mid_call(run: Run, stack: Stack) -> bool:
    held = Hold.objects.filter(run_id=run.pk, state="dispatched", step_key__contains="t2")
    return held.exists() and stack.provider_answers(run.task) == 1


def set_of(run: Run) -> list[int | None]:
    """Which sets let the run start, attempt by attempt."""
    return [event.data.get("set") for event in run.events.filter(type="run.started")]


def test_two_sets_work_side_by_side(stack: Stack, release: NewRelease, submit, ended) -> None:
    # With a lease that a busy machine doesn't end before its time.
    older = stack.start_worker("older-release", WORKER_CAPACITY="1", WORKER_LEASE_S="6")
    run = submit(ENDLESS)
    wait_for(lambda: held_in_mid_call(run, stack))
    release.manage("freeze_sql")
    release.manage("migrate")

    newer = release.start_worker()
    other = submit("What is 6 times 7?")
    ended(other)
    assert set_of(other) == [NEXT], "the older worker is busy"
    assert older.poll() is None
    # The newer set takes over what the older one holds.
    wait_for(lambda: held_in_mid_call(run, stack))
    kill_now(older)
    ended(run)
    stack.stop(newer)

    assert (run.status, run.attempt, set_of(run)) == (Status.SUCCEEDED, 2, [None, NEXT])
    bought = Step.objects.filter(run=run, key__contains="t1", kind="llm", status="done")
    assert bought.get().replayed
    # And the older one what the newer holds: a roll back.
    back = submit(ENDLESS)
    newer = release.start_worker()
    wait_for(lambda: held_in_mid_call(back, stack))
    kill_now(newer)
    older = stack.start_worker("rolled-back")
    ended(back)
    stack.stop(older)
    assert (back.status, set_of(back)) == (Status.SUCCEEDED, [NEXT, None])
    assert ledger_differences() == []
