"""The last thing that a run does where the user wants its answer in a form: bring it into it."""

from dataclasses import replace
from typing import Any

from runs.engine.calls import structured
from runs.engine.calls.closing import trim
from runs.engine.calls.request import Answer, CallRequest
from runs.engine.context import Context
from runs.engine.errors import EmptyAnswer, ModelRefused, MustConclude, ProviderError, Refused
from runs.engine.form import Form, form_step, written
from runs.engine.step import Step
from runs.engine.stop_reasons import MISMATCH, REASONS
from runs.engine.types import Result

# No longer than an answer is taken to be by an estimate.
FORM_BYTES = 24_000
SHORTENED = "The answer was shortened before it was put into its form."
NOT_MADE = (EmptyAnswer, ModelRefused, MustConclude, ProviderError, Refused)


async def in_form(ctx: Context, closing: Step, result: Result) -> Result:
    """The result with its answer in the form that the user wants.

    A text that isn't is put into it by one more call, unless it was asked for in the form itself.
    """
    form = ctx.form
    if form is None or not result.answer:
        return result
    found = structured.parse(result.answer, form.sent, form.faults)
    if isinstance(found, str) and ctx.misfit is None:
        # Should the run be stopped meanwhile, it has this to show.
        ctx.draft = result.answer
        found = await _put_into(ctx, form, form_step(closing), result.answer)
        result = replace(result, warnings=tuple(ctx.warnings))
    if isinstance(found, str):
        return _unfit(result, found)
    return replace(result, answer=written(found))


async def _put_into(ctx: Context, form: Form, step: Step, text: str) -> dict[str, Any] | str:
    """The answer in its form; else what is wrong."""
    short = trim(text, FORM_BYTES)
    if short != text:
        ctx.warnings.append(SHORTENED)
    request = ctx.request(step, step.key, ctx.messages(step, answer=short))
    try:
        answer = await _answer(ctx, form, request, text)
    except NOT_MADE as error:
        return f"It could not be put into it: {error}"
    return structured.read(answer.reply, form.sent, form.faults)


async def _answer(ctx: Context, form: Form, request: CallRequest, text: str) -> Answer:
    try:
        return await ctx.formed(form, request)
    except MustConclude as cause:
        if SHORTENED not in ctx.warnings and trim(text) != text:
            ctx.warnings.append(SHORTENED)
        return await ctx.closing_form(cause.reason, text)


def _unfit(result: Result, fault: str) -> Result:
    """A run without money or time for more has only that; else the schema is why it isn't final."""
    warnings = (*result.warnings, f"The answer doesn’t fit its schema: {fault}")
    if result.stop_reason in REASONS:
        return replace(result, answer_kind="partial", warnings=warnings)
    return replace(result, answer_kind="best_effort", stop_reason=MISMATCH, warnings=warnings)
