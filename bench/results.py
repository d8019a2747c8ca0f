"""The tables in RESULTS.md: a section a benchmark, kept until it is measured again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.machine import describe
from bench.measure import ROOT

PATH = ROOT / "bench" / "RESULTS.md"
HEADING = "\n## "


@dataclass(frozen=True)
class Report:
    """What one benchmark found. The first row of `rows` names the columns."""

    title: str
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]

    def markdown(self, load: float) -> str:
        """The section's text after its heading; `load` is the machine's before the benchmark."""
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        measured = f"Measured {now}; load average before: {load:.1f}."
        return "\n".join([self.title, "", table(self.rows), "", *self.notes, measured, ""])


def verdict(title: str, text: str, note: str) -> str:
    """The section of something that is right or wrong; `text` says which, line by line."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{title}\n\n```\n{text}\n```\n\n{note}\nMeasured {now}.\n"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown; the first one names the columns."""
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def record(name: str, section: str) -> None:
    """Put a benchmark's section into the file.

    One from another machine than the file's says so; without a file, this machine is the file's.
    """
    head, *found = PATH.read_text().split(HEADING) if PATH.exists() else [_head()]
    sections = {one.partition(":")[0]: one for one in found}
    if head.rstrip() != _head().rstrip():
        section += "\n".join(["On another machine than the above:", "", *_lines(), ""])
    sections[name] = f"{name}: {section}"
    PATH.write_text(HEADING.join([head, *sections.values()]))


def _head() -> str:
    about = "Written by `python -m bench`; what is measured and how: `docs/performance.md`."
    return "\n".join(["# Benchmark results", "", about, "", *_lines(), ""])


def _lines() -> list[str]:
    return [f"- {line}" for line in describe()]
