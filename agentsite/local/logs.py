"""Log files of the servers: one of this start, and one of the start before."""

import re
from pathlib import Path
from typing import IO

PROBLEMS = (
    re.compile(r"(?:FATAL|PANIC|ERROR|error):\s*(.+)"),
    re.compile(r"(.*(?:can't|could not|no space|failed|fatal).*)", re.I),
)
STAMP = re.compile(r"^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ [#*.-] ")


def open_log(path: Path) -> IO[bytes]:
    """A new log file; the one of the start before gets `.1` at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def reason(text: str) -> str:
    """The line that says why a server gave up: the last one about a problem, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for problem in PROBLEMS:
        for line in reversed(lines):
            if found := problem.search(line):
                return STAMP.sub("", found[1])
    return lines[-1] if lines else "it said nothing"
