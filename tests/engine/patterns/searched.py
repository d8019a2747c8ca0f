"""Searches as a scripted provider plays them: candidates, scores, and a model without end."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from tests.engine.harness import Harness
from tests.engine.scripted import Body, Say

EXPANDS = "You search for the answer to a task"
JUDGES = "You judge the next steps"
CLOSES = "You write the answer to a task from the best route"
CLOSED = Say("Closed.")


def step(thought: str, tool: str = "none", /, **arguments: Any) -> Body:
    """A candidate that goes on."""
    text = orjson.dumps(arguments).decode()
    use = {"tool": tool, "arguments_json": text}
    return {"action": f"To {thought}", "thought": thought, **use, "is_final": False, "answer": ""}


def final(answer: str, thought: str = "enough") -> Body:
    """A candidate that answers the task."""
    return step(thought) | {"is_final": True, "answer": answer}


def candidates(*found: Body) -> Say:
    return Say(orjson.dumps({"candidates": found}).decode())


def score(id: str, value: Any, comment: str = "so so") -> Body:
    parts = dict.fromkeys(("progress", "correctness", "confidence"), value)
    return {"id": id, **parts, "comment": comment}


def judge(*found: Body) -> Say:
    return Say(orjson.dumps({"scores": found}).decode())


def scores(*values: Any) -> Say:
    """Scores of the candidates in their order."""
    return judge(*(score(str(n), value) for n, value in enumerate(values, start=1)))


def system(body: Body) -> str:
    return str(body["messages"][0]["content"])


def asked(body: Body) -> str:
    """The user's message of a request."""
    return str(body["messages"][1]["content"])


def nodes(engine: Harness) -> dict[str, Body]:
    """The newest tree, by the ids of its nodes."""
    trees = [made for made in engine.events("artifact") if made["kind"] == "search_tree"]
    return {node["id"]: node for node in trees[-1]["nodes"]}


def judged(body: Body) -> list[str]:
    """The ids of the candidates that a request wants judged."""
    return re.findall(r'<candidate id="(\d+)">', asked(body))


class Endless:
    """A model that always has further steps; each is scored by `worth`, which is told how many."""

    def __init__(self, width: int = 3, worth: Callable[[int], float] = lambda made: 0.5) -> None:
        self.width = width
        self.worth = worth
        self.made = self.scored = 0

    def __call__(self, body: Body) -> Say:
        if system(body).startswith(CLOSES):
            return CLOSED
        if system(body).startswith(EXPANDS):
            self.made += self.width
            return candidates(*(step(f"think {self.made - n}") for n in range(self.width)))
        found = []
        for id in judged(body):
            self.scored += 1
            found.append(score(id, self.worth(self.scored)))
        return judge(*found)
