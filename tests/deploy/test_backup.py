"""A backup has everything, and is put back as a whole or not at all."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from agentsite.env import ROOT
from agentsite.local.binaries import find_postgres
from tests.factories import RunFactory

SCRIPTS = ROOT / "deploy" / "postgres"
FOLDER = find_postgres().folder
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (FOLDER / "pg_dump").exists(), reason="this Postgres has no pg_dump"),
]
COUNTS = "SELECT (SELECT count(*) FROM runs_run), (SELECT count(*) FROM runs_runevent)"
OWN_SCHEMAS = "SELECT count(*) FROM pg_proc WHERE pronamespace::regnamespace::text ~ '^(runs|bill)'"


def url_of(database: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


def run(script: str, file: Path, database: str) -> subprocess.CompletedProcess[str]:
    path = f"{FOLDER}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [SCRIPTS / script, file],
        env={**os.environ, "DATABASE_URL": url_of(database), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def empty() -> Iterator[str]:
    name = f"restored_{connection.settings_dict['NAME']}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        yield name
        server.execute(f'DROP DATABASE "{name}"'.encode())


def asked(query: str, database: str) -> tuple[int, ...] | None:
    with psycopg.connect(url_of(database)) as there:
        return there.execute(query.encode()).fetchone()


def test_what_was_backed_up_comes_back(empty: str, tmp_path: Path) -> None:
    RunFactory.create_batch(3)
    own, file = connection.settings_dict["NAME"], tmp_path / "site.dump"

    assert run("back_up.sh", file, own).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    restored = run("restore.sh", file, empty)
    assert restored.returncode == 0, restored.stderr

    assert asked(COUNTS, empty) == asked(COUNTS, own) == (3, 3)
    assert asked(OWN_SCHEMAS, empty) == asked(OWN_SCHEMAS, own)


def test_a_database_with_tables_is_left_alone(tmp_path: Path) -> None:
    own, file = connection.settings_dict["NAME"], tmp_path / "site.dump"
    run("back_up.sh", file, own)
    refused = run("restore.sh", file, own)
    assert refused.returncode == 1
    assert "has tables already" in refused.stderr


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    assert run("back_up.sh", tmp_path / "site.dump", "there_is_none").returncode != 0
    assert not (tmp_path / "site.dump").exists()
