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
        head, *body = ["| " + " | ".join(row) + " |" for row in self.rows]
        table = [head, "|" + "---|" * len(self.rows[0]), *body]
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        measured = f"Measured {now}; load average before: {load:.1f}."
        return "\n".join([self.title, "", *table, "", *self.notes, measured, ""])


def record(name: str, section: str) -> None:
    """Put a benchmark's section into the file. Sections from another machine are dropped."""
    head = _head()
    sections = _sections(head)
    sections[name] = f"{name}: {section}"
    PATH.write_text(HEADING.join([head, *sections.values()]))


def _head() -> str:
    lines = [f"- {line}" for line in describe()]
    about = "Written by `python -m bench`; what is measured and how: `docs/performance.md`."
    return "\n".join(["# Benchmark results", "", about, "", *lines, ""])


def _sections(head: str) -> dict[str, str]:
    if not PATH.exists():
        return {}
    found, *sections = PATH.read_text().split(HEADING)
    if found != head:
        return {}
    return {section.partition(":")[0]: section for section in sections}
