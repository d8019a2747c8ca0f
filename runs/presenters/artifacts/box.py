"""A box of a step: its head, and what it holds by the fields that the artifact has."""

from dataclasses import dataclass
from typing import Any

from runs.engine.registry import artifact_icon
from runs.presenters.artifacts.checklist import Checklist, checklist
from runs.presenters.artifacts.critique import Critique, critique
from runs.presenters.artifacts.fields import Data, text
from runs.presenters.artifacts.graph import graph
from runs.presenters.artifacts.progress import Steps
from runs.presenters.artifacts.tables import (
    Diff,
    Pairs,
    Sources,
    Table,
    diff,
    pairs,
    sources,
    table,
)
from runs.presenters.artifacts.tree import Tree, tree

Shown = Critique | Checklist | Tree | Pairs | Table | Sources | Diff
GRAPH = "graph"
# Beside the artifact's own fields.
COMMON = ("kind", "key", "attempt")


@dataclass(frozen=True, slots=True)
class Artifact:
    """`shown` is laid out by its own template, else `text` is shown, else `data` as JSON."""

    kind: str
    icon: str
    shown: Shown | None
    text: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """The kind in words."""
        return self.kind.replace("_", " ").capitalize()

    @property
    def grows(self) -> bool:
        """True of what the run goes on from: a plan, a graph, a tree."""
        if isinstance(self.shown, Checklist):
            return not self.shown.listed
        return isinstance(self.shown, Tree)

    @property
    def summary(self) -> str:
        """In one line, for its step; empty where the step's own text says more."""
        return self.shown.summary if self.shown else ""


def artifact(data: Data, steps: Steps) -> Artifact:
    """An `artifact` event's data as a box."""
    kind = text(data, "kind") or "artifact"
    return Artifact(
        kind=kind,
        icon=artifact_icon(text(data, "key"), kind),
        shown=_shown(kind, data, steps),
        text=text(data, "text"),
        data={name: value for name, value in data.items() if name not in COMMON},
    )


def _shown(kind: str, data: Data, steps: Steps) -> Shown | None:
    if "issues" in data:
        return critique(data)
    if "items" in data:
        return graph(data, steps) if kind == GRAPH else checklist(data, steps)
    if "nodes" in data:
        return tree(data)
    if "pairs" in data:
        return pairs(data)
    if "columns" in data:
        return table(data)
    if "sources" in data:
        return sources(data)
    return diff(data) if "after" in data else None
