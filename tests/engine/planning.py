"""What a scripted provider says to Plan-and-Solve, and what it was asked there."""

from typing import Any

import orjson

from runs.engine.types import Spec
from tests.engine.scripted import Body, Say

SPEC = Spec("How long is the walk?", "plan_and_solve", "m-1")


def step(id: str, *needs: str, **changes: Any) -> dict[str, Any]:
    named = {"id": id, "title": f"Title {id}", "instruction": f"Do {id}.", "done_when": "Seen."}
    return named | {"depends_on": [*needs]} | changes


def plan(*steps: dict[str, Any]) -> Say:
    made = {"understanding": "A walk.", "known": ["speed = 5 km/h"], "steps": [*steps]}
    return Say(orjson.dumps(made).decode())


def done(result: str, status: str = "ok", note: str = "Found.", **more: Any) -> Say:
    made = {"result": result, "status": status, "note": note}
    return Say(orjson.dumps(made).decode(), **more)


def asked_for(body: Body) -> str:
    """The name of the schema that is asked for; none for the answer."""
    name: str = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    return name


def user(body: Body) -> str:
    text: str = body["messages"][1]["content"]
    return text


def number(body: Body) -> str:
    """The number of the step that a call is about."""
    found: str = user(body).partition("<step>\n")[2].partition(".")[0]
    return found


def playing(made: Say, **results: Any) -> Any:
    """What answers each call of a run by its schema; `results` are said of steps, as `s2`."""

    def answer(body: Body) -> Any:
        if asked_for(body) == "plan":
            return made
        if asked_for(body) == "step_result":
            return results.get(f"s{number(body)}", done(f"Result {number(body)}"))
        return Say("Two hours.")

    return answer
