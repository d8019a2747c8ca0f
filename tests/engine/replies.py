"""What a scripted provider says in tests of several patterns, and what it was told by tools."""

from typing import Any

import orjson

from tests.engine.scripted import Body, Say

LOOK = Say("I compute.", calls=(("calculator", '{"expression": "6*7"}'),))


def compute(expression: str) -> Say:
    return Say(calls=(("calculator", orjson.dumps({"expression": expression}).decode()),))


def review(verdict: str = "revise", severity: str = "major", **changes: Any) -> Say:
    issue = {"severity": severity, "where": "line 1", "problem": "vague", "fix": "be exact"}
    critique = {"verdict": verdict, "issues": [issue], "keep": ["tone"], "criteria": []} | changes
    return Say(orjson.dumps(critique).decode())


def tool_texts(body: Body) -> list[str]:
    return [m["content"] for m in body["messages"] if m["role"] == "tool"]
