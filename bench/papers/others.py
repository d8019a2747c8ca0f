"""LATS, Self-Discovery and STORM, each with a model that plays along."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from bench.papers.play import Played, play, play_with
from bench.papers.provider import Body, Say
from runs.engine.memory import MemoryJournal, up_to
from runs.engine.patterns.lats.steps import PARTS
from runs.engine.patterns.self_discovery.modules import MODULES
from runs.engine.types import Recorded, Spec

PROSE = Say("It is so, and that is all." + " Quite so." * 40)
TASK = "Say how it is, and why."


def lats(n: int, depth: int, k: int, *, at_once: bool = True) -> Played:
    """A search of so many iterations, depth and candidates, which never finds enough."""
    limits: dict[str, Any] = {"max_iterations": n, "max_depth": depth, "num_expansions": k}
    return play("lats", TASK, Search(k).model, batch_evaluate=at_once, patience=n, **limits)


def lats_calls(n: int, depth: int, k: int, *, at_once: bool = True) -> int:
    """An expansion and its scores for each iteration, while a node is left; then the answer."""
    nodes = sum(pow(k, level) for level in range(depth))
    scorings = 1 if at_once else k
    return min(n, int(nodes)) * (1 + scorings) + 1


def self_discovery(mode: str, steps: int) -> Played:
    """A structure of so many steps, worked out."""
    return play("self_discovery", TASK, Structure(steps).model, mode=mode, max_steps=steps)


def reused_structure(steps: int, tasks: int) -> list[Played]:
    """A structure that is found with the first of so many tasks, and forked for the others."""
    model, limits = Structure(steps).model, {"mode": "compact", "max_steps": steps}
    found: list[Recorded] = []
    played = []
    for task in range(tasks):
        journal = MemoryJournal(taken=found)
        spec = Spec(f"{TASK} This is task {task}.", "self_discovery", "m-1", limits)
        played.append(play_with(journal, spec, model))
        found = found or up_to(journal.finished, "self_discovery/structure")
    return played


def storm(sections: int) -> Played:
    """A report of so many sections, without a search."""
    options: dict[str, Any] = {"max_sections": sections, "allow_no_sources": True}
    return play("storm", TASK, Report(sections).model, **options)


def writing_s(played: Played) -> float:
    """From the first section's request to the last one's end."""
    placed = zip(played.keys, played.calls, strict=True)
    sections = [call for key, call in placed if key.startswith("storm/section/")]
    ended_s = max(call.ended_s for call in sections)
    return round(ended_s - min(call.began_s for call in sections), 2)


class Search:
    """Proposes k new steps each time, and scores each as the ones before."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._made = 0

    def model(self, body: Body) -> Say:
        """What is said to a request."""
        schema = schema_name(body)
        if schema == "candidates":
            return written(candidates=[self._step() for _ in range(self._k)])
        if schema == "scores":
            ids = re.findall(r'<candidate id="(\d+)">', body["messages"][1]["content"])
            parts = dict.fromkeys(PARTS, 0.5)
            return written(scores=[{"id": one, **parts, "comment": "So so."} for one in ids])
        return PROSE

    def _step(self) -> Body:
        self._made += 1
        words = f"think of {self._made}"
        return {"action": words, "thought": words, "is_final": False, "answer": ""}


class Structure:
    """Chooses two modules and makes a structure whose steps are independent."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._modules = [*MODULES][:2]

    def model(self, body: Body) -> Say:
        """What is said to a request."""
        said: dict[str, Say] = {
            "choice": written(modules=[{"name": m, "why": "It fits."} for m in self._modules]),
            "adapted": written(modules=[{"name": m, "adapted": "So."} for m in self._modules]),
            "structure": written(steps=[self._step(n) for n in range(1, self._steps + 1)]),
            "solution": written(steps=[{"id": "s1", "result": "So."}], final_answer="So."),
        }
        return said.get(schema_name(body), PROSE)

    def _step(self, n: int) -> Body:
        told = {"title": f"Part {n}", "instruction": f"Do part {n}.", "output": "A line."}
        return {"id": f"s{n}", **told, "modules": self._modules[:1], "depends_on": []}


class Report:
    """Plans so many sections; each takes as long to write."""

    def __init__(self, sections: int, prose: Say = PROSE) -> None:
        self._sections = sections
        self._prose = prose

    def model(self, body: Body) -> Say:
        """What is said to a request."""
        said: dict[str, Say] = {
            "perspectives": written(perspectives=[{"name": "Owner", "focus": "Cost."}]),
            "draft_outline": written(title="So", sections=self._planned()),
            "questions": written(questions=[{"text": "Why?", "query": "why", "section": "Part 1"}]),
            "outline": written(title="So", sections=self._planned(id="s", source_ids=[])),
        }
        return said.get(schema_name(body), self._prose)

    def _planned(self, **more: Any) -> Sequence[Body]:
        sections = range(1, self._sections + 1)
        return [{"title": f"Part {n}", "points": ["So."], **more} for n in sections]


def schema_name(body: Body) -> str:
    """The shape that is asked for; empty where none is."""
    name: str = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    return name


def written(**made: Any) -> Say:
    """An object as an answer."""
    return Say(orjson.dumps(made).decode())
