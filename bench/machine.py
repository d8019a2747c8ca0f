"""What the figures were measured on."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from agentsite.local.binaries import find_postgres, find_redis

PACKAGES = (
    "django",
    "uvicorn",
    "daphne",
    "celery",
    "openai",
    "aiohttp",
    "uvloop",
    "psycopg",
    "channels-redis",
)


def describe() -> list[str]:
    """Lines on the hardware and the versions of what runs on it."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{os.cpu_count()} cores ({_cpu()}), {_memory_gib()} GiB memory, {platform.system()}"
        f" {platform.release()}; everything below shares these cores, without TLS",
        f"Python {platform.python_version()}, {_postgres()}, {_redis()}",
        packages,
    ]


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _postgres() -> str:
    program = find_postgres().folder / "postgres"
    return _first_line(str(program), "--version").replace("postgres (PostgreSQL)", "Postgres")


def _redis() -> str:
    program = find_redis()
    if program is None:
        return "a stand-in for Redis in Python"
    found = re.search(r"v=(\S+)", _first_line(str(program), "--version"))
    return f"Redis {found[1]}" if found else "Redis"


def _first_line(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.splitlines()[0]
