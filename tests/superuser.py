"""An embedded Postgres as who made its cluster sees it."""

from pathlib import Path

import psycopg

from agentsite.local.postgres import EmbeddedPostgres


def as_superuser(server: EmbeddedPostgres, home: Path) -> psycopg.Connection:
    """A connection to the site's database; `home` is the folder of the server."""
    role, _, address = server.url.removeprefix("postgresql://").partition("@")
    assert not role.startswith("agentsite:")
    password = (home / "password").read_text()
    return psycopg.connect(f"postgresql://agentsite:{password}@{address}", autocommit=True)
