"""Gives runs of `RunFactory` a history through the product's own SQL functions.

Ledger, holds, rollups, steps, totals and events therefore agree as they do in production.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import uuid5

from django.db.models.functions import Now

from billing.functions import usage as charge
from billing.models import Hold
from billing.money import ModelPrices, UnitPrices
from billing.statements import Statement
from billing.statements import run as execute
from runs import functions
from runs.engine.types import Result, StepStart, ToolStep
from runs.events import (
    Artifact,
    Event,
    Notice,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolAsked,
    ToolFinished,
    ToolStarted,
)
from runs.executor import charges
from runs.functions import HoldAnswer
from runs.models import Run, Worker
from runs.services.funds import min_call_usd
from tests.factories import WorkerFactory
from tests.stack import wait_for

T = TypeVar("T")
PRICES = {
    "gpt-4.1-mini": ("0.40", "0.10", "1.60"),
    "gpt-4.1": ("2.00", "0.50", "8.00"),
    "gpt-5-mini": ("0.25", "0.025", "2.00"),
    "gpt-5-nano": ("0.05", "0.005", "0.40"),
}


def prices_of(model: str) -> ModelPrices:
    """The prices of `PRICES` as the product has them."""
    fresh, cached, output = (Decimal(price) for price in PRICES[model])
    unit = UnitPrices(fresh, cached, fresh, output)
    return ModelPrices(model, "genai-prices", ((0, unit),))


def bound_of(model: str, max_input_tokens: int, max_output_tokens: int) -> dict[str, Any]:
    """The most that a call may use, as a worker says it."""
    return charges.bound(model, max_input_tokens, max_output_tokens, prices_of(model))


def do(function: Callable[..., Statement[T]], run: Run, **given: Any) -> T:
    """Call one of `runs.functions` as the worker that owns the run."""
    return execute(function(run_id=run.pk, epoch=run.epoch, **given))


def start(run: Run, worker: Worker | None = None) -> Run:
    """Let a worker claim the run."""
    worker = worker or WorkerFactory.create()
    execute(functions.claim(worker_id=worker.pk, limit=1000, user_cap=1000))
    run.refresh_from_db()
    return run


def sweep() -> None:
    """What a worker does with the runs of dead ones, until nothing is left to do."""
    while execute(functions.sweep()):
        pass


def lose_worker(run: Run) -> None:
    """The run's worker dies: its lease ends and a sweep takes the run from it."""
    Worker.objects.filter(runs=run).update(expires_at=Now() - timedelta(hours=1))
    sweep()
    run.refresh_from_db()


def ask(
    run: Run,
    key: str = "react/t1/think",
    *,
    label: str = "Think",
    attempt: int = 1,
    model: str = "",
    max_input_tokens: int = 2000,
    max_output_tokens: int = 1000,
    held_at: datetime | None = None,
    n: int | None = None,
    of: int | None = None,
    closing: bool = False,
    request: dict[str, Any] | None = None,
    bound: dict[str, Any] | None = None,
) -> HoldAnswer:
    """Ask for the money of an LLM call."""
    model = model or run.chosen_model
    start = StepStart(
        key=key,
        attempt=attempt,
        label=label,
        digest="0" * 64,
        request=request or {},
        model=model,
        max_input_tokens=max_input_tokens,
        max_output_tokens=max_output_tokens,
        n=n,
        of=of,
        closing=closing,
    )
    event = StepStarted(key=key, attempt=attempt, label=label, kind="llm", model=model, n=n, of=of)
    most = bound or bound_of(model, max_input_tokens, max_output_tokens)
    answer = do(functions.hold_call, run, start=start, bound=most, event=event)
    if held_at is not None:
        Hold.objects.filter(pk=answer.hold).update(held_at=held_at)
    run.refresh_from_db()
    return answer


def dispatch(run: Run, *arguments: Any, **options: Any) -> int:
    """Begin an LLM call: its money is held and dispatched. Returns the hold's id."""
    return ask(run, *arguments, **options).hold


def begin(
    run: Run,
    *,
    max_input_tokens: int = 1000,
    max_output_tokens: int = 1000,
) -> str:
    """Hold the money of the run's closing call, as a worker does first; returns the outcome."""
    model = run.chosen_model
    answer = do(
        functions.begin,
        run,
        bound=bound_of(model, max_input_tokens, max_output_tokens),
        first_call_usd=min_call_usd(prices_of(model), max_input_tokens),
    )
    run.refresh_from_db()
    return answer.outcome


def settle(
    run: Run,
    hold: int,
    *,
    content: str = "",
    tool_calls: tuple[dict[str, str], ...] = (),
    fresh: int = 812,
    cached: int = 0,
    written: int = 0,
    output: int = 224,
    reasoning: int = 0,
    confidence: str = "exact",
    duration_ms: int = 2900,
    safety: str = "",
    unit: UnitPrices | None = None,
    **lessons: bool,
) -> None:
    """A dispatched call succeeds and is charged; lessons are those of `billing.learn`."""
    held = Hold.objects.get(pk=hold)
    usage = charge(
        fresh_input=fresh,
        cached_input=cached,
        cache_write=written,
        output=output,
        reasoning=reasoning,
        unit=unit or prices_of(held.model).base,
    )
    if safety:  # as a worker says it, so that an overrun is taken for a lesson
        usage["safety"] = safety
    usage |= lessons
    reply = {
        "content": content,
        "tool_calls": list(tool_calls),
        "finish_reason": "stop",
        "model": held.model,
    }
    event = StepFinished(
        key=held.step_key,
        attempt=held.attempt,
        label="Think",
        kind="llm",
        usage={
            "input_tokens": fresh + cached + written,
            "cached_input_tokens": cached,
            "output_tokens": output,
            "reasoning_tokens": reasoning,
        },
        confidence=confidence,
        duration_ms=duration_ms,
        preview=content[:200],
    )
    _settle(run, hold, "done", event, response=reply, usage=usage, confidence=confidence)


def _settle(run: Run, hold: int, status: str, event: Any, **outcome: Any) -> None:
    nothing = {"response": None, "error": None, "usage": None, "confidence": "exact"}
    do(
        functions.settle_call,
        run,
        hold=hold,
        status=status,
        event=event,
        duration_ms=event.duration_ms,
        **(nothing | outcome),
    )
    run.refresh_from_db()


def fail(
    run: Run,
    hold: int,
    *,
    attempt: int | None = None,
    code: str = "rate_limited",
    message: str = "Too fast.",
) -> None:
    """A dispatched call is refused; its money is released and nothing is charged."""
    held = Hold.objects.get(pk=hold)
    error = {"code": code, "message": message}
    event = StepFailed(
        key=held.step_key,
        attempt=attempt or held.attempt,
        label="Think",
        error=error,
        duration_ms=300,
    )
    _settle(run, hold, "failed", event, error=error)


def buy(run: Run, key: str = "react/t1/think", **options: Any) -> None:
    """A whole LLM call: held, dispatched, settled. Options are those of both halves."""
    halves = ("label", "attempt", "model", "held_at", "n", "of")
    first = {name: options.pop(name) for name in halves if name in options}
    settle(run, dispatch(run, key, **first), **options)


def use_tool(
    run: Run,
    key: str = "react/t1/tool/1",
    *,
    tool: str = "calculator",
    arguments: dict[str, Any] | None = None,
    observation: str = "42",
    ok: bool = True,
    duration_ms: int = 12,
) -> None:
    """A whole tool call."""
    asked = json.dumps(arguments if arguments is not None else {"expression": "6*7"})
    step = ToolStep(
        key=key,
        attempt=1,
        label=tool,
        digest="0" * 64,
        request={"tool": tool, "arguments": asked},
    )
    started = ToolStarted(key=key, attempt=1, label=tool, tool=tool, arguments=asked)
    _record(run, step, "started", started)
    ended = replace(
        step,
        ok=ok,
        response={"text": observation, "code": "" if ok else "refused"},
        error=None if ok else {"code": "refused", "message": observation},
        duration_ms=duration_ms,
    )
    finished = ToolFinished(
        key=key, attempt=1, label=tool, ok=ok, duration_ms=duration_ms, preview=observation[:200]
    )
    _record(run, ended, "done" if ok else "failed", finished)
    run.refresh_from_db()


def ask_for_tool(
    run: Run,
    key: str = "react/t1/tool/1",
    *,
    tool: str = "send_mail",
    arguments: str = '{"to": "bob@example.org"}',
    attempt: int = 1,
    reason: str = "effect",
) -> None:
    """A tool call that has to be approved is asked for."""
    request = {"tool": tool, "arguments": arguments, "effect_id": str(uuid5(run.pk, key))}
    label = f"Using {tool}"
    step = ToolStep(
        key=key, attempt=attempt, label=label, digest="0" * 64, request=request | {"reason": reason}
    )
    event = ToolAsked(key=key, attempt=attempt, label=label, reason=reason, **request)
    _record(run, step, "asked", event)


def pause(run: Run, *, needs: Decimal | None = None, partial: str = "") -> str:
    """The run leaves its worker: for so much money, else for approval. Returns the outcome."""
    asked = {
        "reason": "approval" if needs is None else "funds",
        "needs_usd": None if needs is None else str(needs),
        "partial": partial or None,
    }
    answer = do(functions.pause, run, asked=asked)
    run.refresh_from_db()
    return answer.outcome


def decide(run: Run, key: str = "react/t1/tool/1", verdict: str = "approved", **given: Any) -> str:
    """The owner's word on a tool call; returns the outcome."""
    decision = {"verdict": verdict, "comment": given.pop("comment", "")}
    statement = functions.decide(
        run_id=run.pk, key=key, attempt=given.pop("attempt", None), decision=decision
    )
    answer = execute(statement)
    run.refresh_from_db()
    return answer.outcome


def _record(run: Run, step: ToolStep, status: str, event: Event) -> None:
    do(functions.record_tool, run, step=step, status=status, event=event)


def emit(run: Run, type: str, /, **data: Any) -> None:
    """A notice or an artifact."""
    event: Event
    if type == "notice":
        event = Notice(code=data.pop("code"), figures=data)
    else:
        event = Artifact(kind=data.pop("kind"), key=data.pop("key", ""), data=data)
    do(functions.emit, run, event=event)
    run.refresh_from_db()


def queued() -> Run:
    """The one run in the queue, as soon as it is there."""
    wait_for(Run.objects.filter(status="queued").exists)
    return Run.objects.get(status="queued")


def finish(run: Run, answer: str | None = "42", **result: Any) -> Run:
    """End the run as a worker does. Keywords change the result, as `status="failed"`."""
    kind = "final" if answer is not None else "none"
    told = {"status": "succeeded", "answer_kind": kind, "stop_reason": "completed"}
    ended = Result(answer=answer, **(told | result))
    do(functions.finish, run, result=ended)
    run.refresh_from_db()
    return run


def succeed(run: Run, answer: str = "42", **options: Any) -> Run:
    """A short run from queue to answer: a thought, a tool call, the answer."""
    start(run)
    buy(run, content="I will calculate.", **options)
    use_tool(run)
    buy(run, "react/t2/think", label="Answer", content=answer, fresh=1236, output=248, **options)
    return finish(run, answer)


def cost(model: str, fresh: int, cached: int, output: int) -> Decimal:
    """What these tokens cost at `PRICES`."""
    inputs, cached_inputs, outputs = (Decimal(price) for price in PRICES[model])
    return (fresh * inputs + cached * cached_inputs + output * outputs) / 1_000_000
