"""One run from its specification to its result."""

from collections.abc import Mapping

from runs.engine.context import Context
from runs.engine.errors import (
    EmptyAnswer,
    ModelRefused,
    MustConclude,
    Paused,
    ProviderError,
    Refused,
    Stopped,
)
from runs.engine.ports import Ports
from runs.engine.provider.failures import CONTEXT_FULL, REFUSED
from runs.engine.registry import KNOWN
from runs.engine.types import Result, Spec

NOTHING_LEFT = {
    "budget": "The run's budget was used up at its start.",
    "deadline": "The run's time was used up at its start.",
}
HANDED_BACK = frozenset({"shutdown", "lost"})


async def run(spec: Spec, ports: Ports) -> Result:
    """Run, or resume: what the journal has is not bought again.

    Raises `Fenced`, `Paused`, and `Stopped` when the run goes back to the queue (shutdown) or was
    lost.
    """
    pattern = KNOWN[spec.pattern]
    ctx = Context(spec, pattern.closing, ports)
    try:
        return await pattern(ctx, pattern.params.model_validate(spec.params)).run()
    except Stopped as stopped:
        if stopped.reason in HANDED_BACK:
            raise
        return _stopped(ctx, stopped.reason)
    except Paused as paused:
        paused.partial = ctx.partial
        raise
    except MustConclude as cause:
        return _concluded(ctx, cause.reason)
    except Refused as refused:
        return _refused(ctx, refused)
    except ProviderError as error:
        ended = "refused" if error.code == REFUSED.code else "failed"
        return _failed(ctx, error.code, error.message, stop_reason=ended)
    except ModelRefused as error:
        return _failed(ctx, "refused", str(error), stop_reason="refused")
    except EmptyAnswer as error:
        return _failed(ctx, "empty_answer", str(error))


def _stopped(ctx: Context, reason: str) -> Result:
    if reason == "cancelled":
        partial = ctx.partial
        return Result(
            "cancelled",
            partial,
            "partial" if partial else "none",
            reason,
            warnings=tuple(ctx.warnings),
        )
    return _failed(ctx, reason, "The run's time was over before it could end.", stop_reason=reason)


def _refused(ctx: Context, refused: Refused) -> Result:
    if refused.code == "budget_exceeded":
        return _concluded(ctx, "budget", refused.details)
    return _failed(ctx, refused.code, refused.message)


def _concluded(
    ctx: Context, reason: str, details: Mapping[str, str | None] | None = None
) -> Result:
    """No money or no time for the closing call either: what there is, is the answer."""
    if partial := ctx.partial:
        return ctx.succeeded(partial, "partial", reason)
    code = "budget_exceeded" if reason == "budget" else reason
    message = NOTHING_LEFT.get(reason, CONTEXT_FULL.sentence)
    return _failed(ctx, code, message, stop_reason=reason, details=details)


def _failed(
    ctx: Context,
    code: str,
    message: str,
    *,
    stop_reason: str = "failed",
    details: Mapping[str, str | None] | None = None,
) -> Result:
    partial = ctx.partial
    return Result(
        "failed",
        partial,
        "partial" if partial else "none",
        stop_reason,
        {"code": code, "message": message, **(details or {})},
        warnings=tuple(ctx.warnings),
    )
