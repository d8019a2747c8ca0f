"""Postgres servers of a test's own."""

from pathlib import Path

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.temporary import FAST_POSTGRES


def postgres_in(folder: Path) -> EmbeddedPostgres:
    """A server whose data and log are in this folder; not started yet."""
    return EmbeddedPostgres(
        folder / "postgres", log=folder / "postgres.log", say=print, settings=FAST_POSTGRES
    )
