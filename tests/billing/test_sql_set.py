"""What migrations make is what the sources say, and a change without a freeze is seen."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from billing import sql

FUNCTIONS = """
    SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
    WHERE p.pronamespace = %s::regnamespace ORDER BY 1
"""
COPIED = ("accounts", "agentsite", "billing", "runs", "web", "manage.py")


def definitions(app: str, number: int | str) -> dict[str, str]:
    """An app's functions as Postgres knows them, without the set's number."""
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS, [sql.schema(app, number)])
        return {
            name: re.sub(rf"\b(billing|runs)_{number}\.", r"\1.", text)
            for name, text in cursor.fetchall()
        }


def copy_of_the_code(folder: Path) -> Path:
    for name in COPIED:
        source = sql.ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder)
    return folder


def freeze_sql(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "freeze_sql", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.mark.django_db
def test_what_migrate_makes_is_what_the_sources_say() -> None:
    with connection.cursor() as cursor:
        for app in sql.APPS:
            cursor.execute(sql.frozen(app, "source"))
    for app in sql.APPS:
        made = definitions(app, sql.SET)
        assert made == definitions(app, "source")
        assert len(made) > 10


def test_the_sources_are_frozen() -> None:
    call_command("freeze_sql", "--check")


def test_a_changed_source_is_seen_and_becomes_the_next_set(tmp_path: Path) -> None:
    folder = copy_of_the_code(tmp_path)
    source = folder / "billing" / "sql" / "prices.sql"
    source.write_text(source.read_text().replace("0.000001", "0.000002"))
    seen = freeze_sql(folder, "--check")
    assert (seen.returncode, "run manage.py freeze_sql" in seen.stderr) == (1, True)

    number = sql.SET + 1
    assert freeze_sql(folder).returncode == 0
    assert freeze_sql(folder, "--check").returncode == 0
    (frozen,) = folder.glob(f"billing/migrations/*_sql_{number}.py")
    assert f"billing_{number}.cost(" in frozen.read_text()
    assert "0.000002" in frozen.read_text()
    assert "0.000002" not in "".join(
        path.read_text() for path in folder.glob(f"*/migrations/*_sql_{sql.SET}.py")
    ), "what is released stays as it is"


def test_a_set_that_may_be_in_use_is_not_dropped(tmp_path: Path) -> None:
    folder = copy_of_the_code(tmp_path)
    source = folder / "runs" / "sql" / "lock.sql"
    source.write_text(source.read_text() + "\n-- changed\n")
    refused = freeze_sql(folder, "--drop", str(sql.SET))
    assert (refused.returncode, "may still be in use" in refused.stderr) == (1, True)
