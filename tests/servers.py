"""Postgres servers of a test's own."""

import subprocess
from pathlib import Path

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.temporary import FAST_POSTGRES


def postgres_in(folder: Path) -> EmbeddedPostgres:
    """A server whose data and log are in this folder; not started yet."""
    return EmbeddedPostgres(
        folder / "postgres", log=folder / "postgres.log", say=print, settings=FAST_POSTGRES
    )


def copied_postgres(source: Path, folder: Path) -> EmbeddedPostgres:
    """The same with the data of one that has stopped: making a cluster takes ten times longer."""
    subprocess.run(["cp", "-a", str(source / "postgres"), str(folder / "postgres")], check=True)
    return postgres_in(folder)
