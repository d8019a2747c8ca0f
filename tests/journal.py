"""Gives runs of `RunFactory` a history through the product's own SQL functions.

Ledger, holds, rollups, steps, totals and events therefore agree as they do in production.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from billing.models import Hold
from runs.models import Run, Worker
from tests.factories import WorkerFactory

PRICES = {
    "gpt-4.1-mini": ("0.40", "0.10", "1.60"),
    "gpt-4.1": ("2.00", "0.50", "8.00"),
    "gpt-5-mini": ("0.25", "0.025", "2.00"),
    "gpt-5-nano": ("0.05", "0.005", "0.40"),
}


def _call(function: str, *arguments: Any) -> Any:
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({marks})", list(arguments))
        (answer,) = cursor.fetchone()
    # Django leaves jsonb as text.
    return json.loads(answer)


def _usage(model: str, fresh: int, cached: int, output: int, reasoning: int) -> dict[str, Any]:
    prices = zip(("input_price", "cached_input_price", "output_price"), PRICES[model], strict=True)
    return {
        "fresh_input_tokens": fresh,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        **dict(prices),
    }


def start(run: Run, worker: Worker | None = None) -> Run:
    """Let a worker claim the run."""
    worker = worker or WorkerFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM runs_claim_v1(%s, 1000, 1000)", [worker.pk])
        cursor.fetchall()
    run.refresh_from_db()
    return run


def sweep() -> None:
    """What a worker does with the runs of dead ones, until nothing is left to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM runs_sweep_v1()")
        while cursor.fetchall():
            cursor.execute("SELECT * FROM runs_sweep_v1()")


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
    ignores_cap: bool = False,
) -> dict[str, Any]:
    """Ask for the money of an LLM call. Returns what `runs_hold_v1` answers."""
    model = model or run.chosen_model
    input_price, _, output_price = PRICES[model]
    step = {
        "key": key,
        "attempt": attempt,
        "label": label,
        "digest": "0" * 64,
        "request": {},
        "closing": closing,
    }
    bound = {
        "model": model,
        "max_input_tokens": max_input_tokens,
        "max_output_tokens": max_output_tokens,
        "min_output_tokens": 256,
        "input_price": input_price,
        "output_price": output_price,
        "price_source": "genai-prices",
        "ignores_cap": ignores_cap,
    }
    data = {"key": key, "attempt": attempt, "label": label, "kind": "llm", "n": n, "of": of}
    events = [{"type": "step.started", "data": {**data, "model": model}}]
    answer: dict[str, Any] = _call(
        "runs_hold_v1", run.pk, run.epoch, Jsonb(step), Jsonb(bound), Jsonb(events)
    )
    if held_at is not None:
        Hold.objects.filter(pk=answer["hold"]).update(held_at=held_at)
    run.refresh_from_db()
    return answer


def dispatch(run: Run, *arguments: Any, **options: Any) -> int:
    """Begin an LLM call: its money is held and dispatched. Returns the hold's id."""
    hold: int = ask(run, *arguments, **options)["hold"]
    return hold


def begin(
    run: Run,
    *,
    max_input_tokens: int = 1000,
    max_output_tokens: int = 1000,
    ignores_cap: bool = False,
) -> str:
    """Hold the money of the run's closing call, as a worker does first; returns the outcome."""
    input_price, _, output_price = PRICES[run.chosen_model]
    bound = {
        "model": run.chosen_model,
        "max_input_tokens": max_input_tokens,
        "max_output_tokens": max_output_tokens,
        "min_output_tokens": 256,
        "input_price": input_price,
        "output_price": output_price,
        "price_source": "genai-prices",
        "ignores_cap": ignores_cap,
    }
    spare = cost(run.chosen_model, max_input_tokens, 0, 256)
    outcome: str = _call("runs_begin_v1", run.pk, run.epoch, Jsonb(bound), spare)["outcome"]
    run.refresh_from_db()
    return outcome


def settle(
    run: Run,
    hold: int,
    *,
    content: str = "",
    tool_calls: tuple[dict[str, str], ...] = (),
    fresh: int = 812,
    cached: int = 0,
    output: int = 224,
    reasoning: int = 0,
    confidence: str = "exact",
    duration_ms: int = 2900,
    safety: str = "",
) -> None:
    """A dispatched call succeeds and is charged."""
    held = Hold.objects.get(pk=hold)
    usage = _usage(held.model, fresh, cached, output, reasoning)
    if safety:  # as a worker says it, so that an overrun is taken for a lesson
        usage["safety"] = safety
    reply = {
        "content": content,
        "tool_calls": list(tool_calls),
        "finish_reason": "stop",
        "model": held.model,
    }
    data = {
        "key": held.step_key,
        "attempt": held.attempt,
        "kind": "llm",
        "usage": {
            "input_tokens": fresh + cached,
            "cached_input_tokens": cached,
            "output_tokens": output,
            "reasoning_tokens": reasoning,
        },
        "confidence": confidence,
        "duration_ms": duration_ms,
        "preview": content[:200],
        "replayed": False,
        "saved_usd": "0",
    }
    event = Jsonb({"type": "step.finished", "data": data})
    common = (Jsonb(reply), None, Jsonb(usage), confidence, duration_ms, event)
    _call("runs_settle_v1", run.pk, run.epoch, hold, "done", *common)
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
    data = {
        "key": held.step_key,
        "attempt": attempt or held.attempt,
        "error": error,
        "duration_ms": 300,
    }
    event = Jsonb({"type": "step.failed", "data": data})
    common = (None, Jsonb(error), None, "exact", 300, event)
    _call("runs_settle_v1", run.pk, run.epoch, hold, "failed", *common)
    run.refresh_from_db()


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
    arguments = arguments if arguments is not None else {"expression": "6*7"}
    step = {
        "key": key,
        "attempt": 1,
        "label": tool,
        "digest": "0" * 64,
        "request": {"tool": tool, "arguments": json.dumps(arguments)},
        "status": "started",
    }
    data = {"key": key, "attempt": 1, "label": tool}
    started = {"type": "tool.started", "data": {**data, "tool": tool, "arguments": arguments}}
    _call("runs_step_v1", run.pk, run.epoch, Jsonb(step), Jsonb([started]))
    ended = {
        **step,
        "status": "done" if ok else "failed",
        "response": {"text": observation, "code": "" if ok else "refused"},
        "error": None if ok else {"code": "refused", "message": observation},
        "duration_ms": duration_ms,
    }
    preview = {**data, "ok": ok, "duration_ms": duration_ms, "preview": observation[:200]}
    finished = {"type": "tool.finished", "data": preview}
    _call("runs_step_v1", run.pk, run.epoch, Jsonb(ended), Jsonb([finished]))
    run.refresh_from_db()


def emit(run: Run, type: str, **data: Any) -> None:
    """A notice or an artifact."""
    events = Jsonb([{"type": type, "data": data}])
    _call("runs_emit_v1", run.pk, run.epoch, events, None)
    run.refresh_from_db()


def finish(run: Run, answer: str | None = "42", **result: Any) -> Run:
    """End the run as a worker does. Keywords change the result, as `status="failed"`."""
    kind = result.pop("answer_kind", "final" if answer is not None else "none")
    body = {
        "answer": answer,
        "answer_kind": kind,
        "stop_reason": result.pop("stop_reason", "completed"),
        "error": result.pop("error", None),
        "sources": result.pop("sources", []),
        "warnings": result.pop("warnings", []),
    }
    status = result.pop("status", "succeeded")
    _call("runs_finish_v1", run.pk, run.epoch, status, Jsonb(body))
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
