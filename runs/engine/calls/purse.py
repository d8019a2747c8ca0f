"""What the run's money still carries, asked once a position and read back when the run resumes."""

import orjson

from runs.engine.calls.placed import PlacedCall
from runs.engine.ports import Journal
from runs.engine.types import Purse, ToolCall, ToolStep

TOOL = "budget"


async def look(
    journal: Journal, key: str, bound: tuple[str, int, int]
) -> tuple[Purse | None, bool]:
    """How many more calls of this bound (model, input, output tokens) the money carries.

    None where nothing limits the run. The second is True when it was asked just now, and False when
    it was read back.
    """
    if recorded := journal.recorded(key):
        return Purse(recorded.response["left_usd"], recorded.response["calls"]), False
    purse = await journal.affords(*bound)
    if purse is not None:
        await _record(journal, key, bound, purse)
    return purse, True


async def _record(journal: Journal, key: str, bound: tuple[str, int, int], purse: Purse) -> None:
    model, max_input_tokens, max_output_tokens = bound
    arguments = {
        "model": model,
        "max_input_tokens": max_input_tokens,
        "max_output_tokens": max_output_tokens,
    }
    placed = PlacedCall(key, ToolCall("", TOOL, orjson.dumps(arguments).decode()))
    step = ToolStep(
        key=key,
        attempt=journal.next_attempt(key),
        label="Looking at the money left",
        digest=placed.digest,
        request=placed.request,
        response={"text": purse.line, "code": "", "left_usd": purse.left_usd, "calls": purse.calls},
        preview=purse.line,
    )
    await journal.tool_started(step)
    await journal.tool_finished(step)
