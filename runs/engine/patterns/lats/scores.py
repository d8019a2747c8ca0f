"""Scores of candidates: what is usable of a reply is kept, and nothing is made up for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from runs.engine.patterns.lats.candidates import clipped
from runs.engine.patterns.lats.steps import PARTS

DIGITS = 4
COMMENT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Score:
    """A value from 0 to 1, and why."""

    value: float
    comment: str


class Scores:
    """The usable ones of a reply and of its repair, by the ids of the candidates."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        self.found: dict[str, Score] = {}

    def check(self, written: dict[str, Any]) -> list[str]:
        """Keep what is usable; what is wrong with the rest."""
        given: dict[str, list[dict[str, Any]]] = {}
        for one in written["scores"]:
            given.setdefault(one["id"].strip(), []).append(one)
        missing = [id for id in self._ids if id not in self.found]
        return [fault for id in missing if (fault := self._keep(id, given.get(id, [])))]

    def _keep(self, id: str, given: Sequence[dict[str, Any]]) -> str:
        """What is wrong with a candidate's score; empty when it could be kept."""
        if len(given) != 1:
            said = "more than once" if given else "not at all"
            return f"Candidate {id} is judged {said}."
        parts = [given[0][part] for part in PARTS]
        if not all(0 <= part <= 1 for part in parts):
            return f"Candidate {id}: {', '.join(PARTS)} have to be from 0 to 1."
        comment = " ".join(given[0]["comment"].split())
        self.found[id] = Score(round(fmean(parts), DIGITS), clipped(comment, COMMENT_CHARS))
        return ""
