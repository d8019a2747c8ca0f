"""The tree of a search. Its nodes know no others: ids are paths, and all figures are worked out.

A node's mean is that of all scores at and below it, so that a new score counts for every node on
its way, whatever the order in which scores come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean
from typing import Any

from runs.engine.patterns.lats.candidates import Candidate
from runs.engine.tools.tool import shortened

ROOT = "0"
THOUGHT_CHARS = 4_000
ANSWER_CHARS = 16_000
UNSCORED = "not scored"
DEAD_END = "no way on"


@dataclass(slots=True)
class Node:
    """A candidate at its place: 0.2.1 is the first one after the second one of the start."""

    id: str
    candidate: Candidate
    observation: str = ""
    score: float | None = None
    comment: str = ""
    expanded: bool = False

    @property
    def depth(self) -> int:
        """How many steps lead to it."""
        return self.id.count(".")

    @property
    def name(self) -> str:
        """Its place among those that were proposed together."""
        return self.id.rpartition(".")[2]

    @property
    def note(self) -> str:
        """The step and what came of it, for a reader."""
        parts = (self.candidate.title, self.candidate.text, self.observation)
        return "\n".join(filter(None, parts))

    @property
    def told(self) -> str:
        """The step and what came of it, for a model."""
        one = self.candidate
        lines = [one.action, shortened(one.thought, THOUGHT_CHARS)]
        if one.tool:
            lines.append(f"{one.tool}({one.arguments})\n<result>\n{self.observation}\n</result>")
        if one.final:
            lines.append("With this step the route answers the task.")
        if one.answer:
            lines.append(f"<answer>\n{shortened(one.answer, ANSWER_CHARS)}\n</answer>")
        if self.comment:
            lines.append(f"<remark>\n{self.comment}\n</remark>")
        return "\n".join(filter(None, lines))


class Tree:
    """All that was found, from the task on."""

    def __init__(self, title: str, max_depth: int, fair: float) -> None:
        """An answer with a score of at least `fair` comes before all that is none."""
        self.root = Node(ROOT, Candidate(" ".join(title.split())))
        self._nodes = {ROOT: self.root}
        self._max_depth = max_depth
        self._fair = fair

    @property
    def best(self) -> Node | None:
        """The best fair answer, else the best node; without a score, only where none has any."""
        return max(self._found(), key=self._rank, default=None)

    @property
    def heights(self) -> tuple[float, float]:
        """The best score of all, and that of an answer; a search gets on while one of them rises.

        Below 0 where there is none.
        """
        scores = [node.score for node in self._found() if node.score is not None]
        finals = [node.score for node in self.finals if node.score is not None]
        return max(scores, default=-1.0), max(finals, default=-1.0)

    @property
    def draft(self) -> str:
        """The best answer that stands there already; empty where none does."""
        answered = [node for node in self._found() if node.candidate.answer]
        best = max(answered, key=self._rank, default=None)
        return best.candidate.answer if best else ""

    @property
    def finals(self) -> list[Node]:
        """The scored nodes that answer the task, in the order in which they were found."""
        return [n for n in self._found() if n.candidate.final and n.score is not None]

    def grow(self, node: Node, candidates: Sequence[Candidate]) -> list[Node]:
        """Expand a node. Without candidates, it is a dead end."""
        node.expanded = True
        new = [Node(f"{node.id}.{n}", one) for n, one in enumerate(candidates, start=1)]
        self._nodes |= {one.id: one for one in new}
        return new

    def path(self, node: Node) -> list[Node]:
        """The steps from the start to this node."""
        words = node.id.split(".")
        return [self._nodes[".".join(words[: end + 1])] for end in range(1, len(words))]

    def steps_left(self, node: Node) -> int:
        """How many more steps may follow."""
        return self._max_depth - node.depth

    def is_open(self, node: Node) -> bool:
        """True when something can still be expanded here or below."""
        if node.expanded:
            return any(self.is_open(one) for one in self._below(node))
        followed = node is self.root or (node.score is not None and not node.candidate.final)
        return followed and self.steps_left(node) > 0

    def choose(self, weight: float) -> Node:
        """The node to expand next, by UCT from the start down; the tree has to be open."""
        node = self.root
        while node.expanded:
            node = self._most_promising(node, weight)
        return node

    def _most_promising(self, parent: Node, weight: float) -> Node:
        visits = len(self._scores(parent))

        def bound(node: Node) -> float:
            scores = self._scores(node)
            return fmean(scores) + weight * sqrt(log(visits) / len(scores))

        return max(filter(self.is_open, self._below(parent)), key=bound)

    def shown(self, *, ended: bool) -> list[dict[str, Any]]:
        """The nodes of the artifact, with the way to the best one."""
        best = self.best
        way = {ROOT, *(one.id for one in self.path(best))} if best else set()
        answer = best if ended else None
        return [self._item(node, self._state(node, way, answer)) for node in self._nodes.values()]

    def _item(self, node: Node, state: str) -> dict[str, Any]:
        scores = self._scores(node)
        return {
            "id": node.id,
            "title": node.candidate.title,
            "note": self._note(node),
            "score": round(fmean(scores), 4) if scores else None,
            "visits": len(scores),
            "state": state,
        }

    def _state(self, node: Node, way: set[str], answer: Node | None) -> str:
        if node is answer:
            return "answer"
        if node.id in way:
            return "chosen"
        return "cut" if self._is_cut(node) else "open"

    def _note(self, node: Node) -> str:
        if node is self.root:
            return ""
        if node.score is None:
            return UNSCORED
        return f"{node.comment} ({DEAD_END})" if self._is_cut(node) else node.comment

    def _is_cut(self, node: Node) -> bool:
        if node is self.root:
            return False
        return node.score is None or (node.expanded and not self._below(node))

    def _rank(self, node: Node) -> tuple[bool, bool, float, bool, int]:
        """The best node has the highest; of equal ones, the one that was found first."""
        score = -1.0 if node.score is None else node.score
        final = node.candidate.final
        return node.score is not None, final and score >= self._fair, score, final, node.depth

    def _found(self) -> list[Node]:
        return [*self._nodes.values()][1:]

    def _below(self, node: Node) -> list[Node]:
        return [one for one in self._nodes.values() if one.id.rpartition(".")[0] == node.id]

    def _scores(self, node: Node) -> list[float]:
        """Those of a node and of all below it."""
        return [
            one.score
            for one in self._nodes.values()
            if one.score is not None and f"{one.id}.".startswith(f"{node.id}.")
        ]
