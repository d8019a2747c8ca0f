"""A review of a draft: its verdict and its points."""

from dataclasses import dataclass

from runs.presenters.artifacts.fields import Data, rows, text

TAGS = {"blocker": "tag-bad", "major": "tag-warn", "minor": ""}
WORDS = {"blocker": "must fix", "major": "should fix", "minor": "could"}
VERDICTS = {"accept": "accepted", "revise": "asks for changes"}


@dataclass(frozen=True, slots=True)
class Point:
    """One issue of a critique."""

    severity: str
    tag: str
    problem: str
    fix: str


@dataclass(frozen=True, slots=True)
class Critique:
    """`note` is its verdict in words."""

    points: tuple[Point, ...]
    note: str

    template = "runs/artifacts/_points.html"

    @property
    def summary(self) -> str:
        """In one line."""
        count = len(self.points)
        return f"{self.note.capitalize()}: {count} point{'' if count == 1 else 's'}"


def critique(data: Data) -> Critique:
    """Of `issues` and `verdict`."""
    verdict = text(data, "verdict")
    points = tuple(
        Point(
            severity=WORDS.get(text(issue, "severity"), text(issue, "severity")),
            tag=TAGS.get(text(issue, "severity"), ""),
            problem=text(issue, "problem"),
            fix=text(issue, "fix"),
        )
        for issue in rows(data, "issues")
    )
    return Critique(points, VERDICTS.get(verdict, verdict))
