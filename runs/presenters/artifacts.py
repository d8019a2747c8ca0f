"""What a step made, as an `.artifact` box: a list, a text, or else JSON."""

from dataclasses import dataclass
from typing import Any

from runs.engine.registry import artifact_icon

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
class Artifact:
    """A box of a step. Critiques have `points`, drafts `text`; `data` is the whole thing."""

    kind: str
    icon: str
    verdict: str
    points: tuple[Point, ...]
    text: str
    data: dict[str, Any]

    @property
    def judgement(self) -> str:
        """A critique's verdict in words."""
        return VERDICTS.get(self.verdict, self.verdict)

    @property
    def summary(self) -> str:
        """A critique in one line."""
        count = len(self.points)
        points = f"{count} point{'' if count == 1 else 's'}"
        return f"{self.judgement.capitalize()}: {points}"

    @property
    def name(self) -> str:
        """The kind in words."""
        return self.kind.replace("_", " ").capitalize()


def _points(data: dict[str, Any]) -> tuple[Point, ...]:
    issues = data.get("issues")
    if not isinstance(issues, list):
        return ()
    return tuple(
        Point(
            severity=WORDS.get(str(issue.get("severity")), str(issue.get("severity", ""))),
            tag=TAGS.get(str(issue.get("severity")), ""),
            problem=str(issue.get("problem", "")),
            fix=str(issue.get("fix", "")),
        )
        for issue in issues
        if isinstance(issue, dict)
    )


def artifact(data: dict[str, Any]) -> Artifact:
    """An `artifact` event's data as a box."""
    kind = str(data.get("kind", "artifact"))
    return Artifact(
        kind=kind,
        icon=artifact_icon(str(data.get("key", "")), kind),
        verdict=str(data.get("verdict", "")),
        points=_points(data),
        text=str(data.get("text", "")),
        data={key: value for key, value in data.items() if key not in ("kind", "key", "attempt")},
    )
