"""Calls that plan, and work side by side of which a part may fail."""

from collections.abc import Coroutine
from typing import Any

from runs.engine.calls.parallel import MAX_PARALLEL
from runs.engine.calls.request import Answer
from runs.engine.calls.structured import Check
from runs.engine.context import Context
from runs.engine.errors import EmptyAnswer, EngineError, ModelRefused, ProviderError
from runs.engine.patterns.storm import steps
from runs.engine.step import Step
from runs.engine.types import Message

PURSE = "purse"
Work = Coroutine[Any, Any, None]


async def plan(
    ctx: Context, step: Step, position: str, check: Check, label: str = "", **carried: str
) -> tuple[Answer, dict[str, Any] | None]:
    """What a step plans; None, after a notice, when it had faults twice."""
    if "limits" in carried:
        purse = await ctx.purse(steps.SECTION, PURSE)
        carried["limits"] += f" {purse.line}" if purse else ""
    messages = told(ctx, step, **carried)
    schema = {"title": step.key, **steps.SCHEMAS[step.key]}
    request = ctx.request(step, position, messages, label, schema=schema)
    answer, found = await ctx.structured(request, check)
    if found is None:
        await ctx.notice("fallback", f"{request.label}: it could not be used.", answer)
    return answer, found


def told(ctx: Context, step: Step, **carried: str) -> list[Message]:
    """The messages of a step, in which nothing carried can close the block that it stands in."""
    return ctx.messages(step, **{name: as_data(text) for name, text in carried.items()})


def as_data(text: str) -> str:
    """What a model or the web wrote, without the beginning of a closing tag."""
    return text.replace("</", "< /")


async def spared(ctx: Context, *work: Work, at_once: int = MAX_PARALLEL) -> list[EngineError]:
    """Do all of it; what fails doesn't stop the rest. Returns the failures."""
    failures: list[EngineError] = []

    async def kept_apart(one: Work) -> None:
        try:
            await one
        except (EmptyAnswer, ModelRefused, ProviderError) as error:
            failures.append(error)

    try:
        await ctx.gather(*map(kept_apart, work), at_once=at_once)
    finally:
        # Those that never began.
        for one in work:
            one.close()
    return failures


async def some_of(ctx: Context, *work: Work, at_once: int = MAX_PARALLEL) -> None:
    """As `spared`, but where all of it fails, that is raised."""
    failures = await spared(ctx, *work, at_once=at_once)
    if failures and len(failures) == len(work):
        raise failures[0]
