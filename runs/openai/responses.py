"""Responses that are kept: each is a run of its owner that came by this API."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.models import User
from runs.engine.types import Message
from runs.models import Run
from runs.openai.items import messages_of, output_call
from runs.openai.outcome import outcome_of
from runs.openai.responses_request import API
from web.errors import Problem

PREFIX = "resp_"
# So many turns of a conversation are read back.
MAX_TURNS = 500


class NoSuchResponse(Problem):
    """There is none of this user's with this id, or it wasn't stored."""

    status = 404
    code = "not_found"


class StillGoing(Problem):
    """The response has not ended yet."""

    status = 409
    code = "conflict"


def response_id(run: Run) -> str:
    """A response is known by its run."""
    return f"{PREFIX}{run.pk.hex}"


def front_of(run: Run) -> dict[str, Any]:
    """What the request said."""
    front: dict[str, Any] = run.config["front"]
    return front


def stored(user: User, name: str, *, field: str = "response_id") -> Run:
    """The run of a stored response. Raises `NoSuchResponse`."""
    run = None
    if (pk := _pk(name)) is not None:
        run = Run.objects.visible_to(user).filter(pk=pk, config__front__api=API).first()
    if run is None or not front_of(run)["store"]:
        raise NoSuchResponse(f"There is no response “{name}”.", field=field)
    return run


def _pk(name: str) -> UUID | None:
    if not name.startswith(PREFIX):
        return None
    try:
        return UUID(name.removeprefix(PREFIX))
    except ValueError:
        return None


def conversation_up_to(user: User, name: str) -> Sequence[Message]:
    """All turns up to this response and with it. Raises `NoSuchResponse`, `StillGoing`."""
    turns: list[list[Message]] = []
    following: str | None = name
    while following and len(turns) < MAX_TURNS:
        run = stored(user, following, field="previous_response_id")
        if not run.ended:
            said = f"The response “{following}” has not ended yet."
            raise StillGoing(said, field="previous_response_id")
        turns.append(_turn(run))
        following = front_of(run)["previous_response_id"]
    return [message for turn in reversed(turns) for message in turn]


def _turn(run: Run) -> list[Message]:
    """What was said to a response, and what it said."""
    outcome = outcome_of(run.pk)
    calls = [output_call(run.pk, n, call) for n, call in enumerate(outcome.tool_calls)]
    said = messages_of(front_of(run)["input"])
    if outcome.text:
        said.append({"role": "assistant", "content": outcome.text})
    # The calls go into the message that they were made in.
    return [*said, *messages_of(calls)] if not outcome.text else _with_calls(said, calls)


def _with_calls(said: list[Message], calls: list[dict[str, Any]]) -> list[Message]:
    for message in messages_of(calls):
        said[-1]["tool_calls"] = message["tool_calls"]
    return said


def forget(run: Run) -> None:
    """Take a response away: the run stays in its owner's list, where its bill is explained."""
    front = {**front_of(run), "store": False}
    Run.objects.filter(pk=run.pk).update(config={**run.config, "front": front})
