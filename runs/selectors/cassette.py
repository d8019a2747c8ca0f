"""A run as a cassette: what it was asked, its calls, and how it ended. Nothing of its owner."""

from dataclasses import replace
from typing import Any

from runs.details import Detail
from runs.engine.cassette.tape import RecordedCall, RecordedTool, Tape
from runs.engine.registry import step_of
from runs.engine.roles import model_for
from runs.engine.types import Reply, Result, Spec, Usage
from runs.errors import NothingRecorded
from runs.models import Run, Step
from runs.selectors.runs import steps_of
from runs.spec import spec_of_run

NOTHING_ASKED: dict[str, Any] = {"messages": [], "tools": [], "schema": None}


def cassette_of(run: Run) -> Tape:
    """The tape of a run.

    Raises `NothingRecorded` for one that goes on, or has bought nothing, and `DetailsDeleted`.
    """
    if not run.ended:
        raise NothingRecorded("The run still goes on: a cassette is made of a whole run.")
    if run.cache_hit:
        payer = f" Take that of {run.paid_by_id}, which paid for it." if run.paid_by_id else ""
        raise NothingRecorded(f"The run has its answer from the cache and made no call.{payer}")
    run.check_kept(Detail.STEPS, Detail.TASK, Detail.ANSWER)
    spec, steps = spec_of_run(run), list(steps_of(run))
    return Tape(
        spec,
        _result(run),
        tuple(_call(spec, step) for step in steps if step.kind == Step.Kind.LLM),
        tuple(_tool(step) for step in steps if step.kind == Step.Kind.TOOL and step.response),
    )


def _result(run: Run) -> Result:
    return Result(
        run.status,  # type: ignore[arg-type]
        run.answer,
        run.answer_kind,  # type: ignore[arg-type]
        run.stop_reason,
        run.error,
        tuple(run.sources),
        tuple(run.warnings),
    )


def _call(spec: Spec, step: Step) -> RecordedCall:
    asked = NOTHING_ASKED | step.request
    declared = step_of(step.key)
    reply = Reply.of(step.response) if step.response else None
    return RecordedCall(
        step.key,
        model_for(spec, declared.role) if declared else spec.model,
        asked["messages"],
        asked["tools"],
        asked["schema"],
        # The provider's own name for it is of no use to anybody else.
        replace(reply, response_id="") if reply else None,
        _usage(step) if reply else None,
        step.error,
        step.taken_usd is not None,
    )


def _usage(step: Step) -> Usage:
    return Usage(
        fresh_input=step.input_tokens - step.cached_input_tokens,
        cached_input=step.cached_input_tokens,
        output=step.output_tokens,
        reasoning=step.reasoning_tokens,
    )


def _tool(step: Step) -> RecordedTool:
    return RecordedTool(
        step.key, step.request["tool"], step.request["arguments"], step.response or {}
    )
