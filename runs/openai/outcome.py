"""A run that has ended, as both APIs read it: its text, calls of tools, tokens and cost."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse

from billing.money import format_usd
from billing.selectors.spend import cache_writes
from runs.engine.patterns.plain import CUT, Plain
from runs.engine.types import Reply, ToolCall
from runs.models import Run, Step
from runs.states import AnswerKind, Status, StepStatus
from web.problems import problem

# A run that used up what it had: its answer may be less than was asked for.
LIMITS = frozenset({"budget", "deadline", "context_full", "max_iterations", CUT.code})
REFUSED = "refused"
# Which status says that a run failed so; what a provider did wrong is a bad gateway's.
STATUSES = {
    "account_disabled": 403,
    "budget_exceeded": 402,
    "context_full": 400,
    "deadline": 504,
    "internal": 500,
    "model_unavailable": 503,
    "model_uncapped": 422,
    "poisoned": 500,
    "tool_missing": 422,
    "unpriced_model": 422,
}
CODES = {"context_full": "context_length_exceeded"}
# The official clients send a request again that failed so, unless they are told not to.
NOT_AGAIN = {"x-should-retry": "false"}

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True)
class Outcome:
    """An ended run; `reply` is there where a model was asked by its own name."""

    run: Run
    reply: Reply | None
    cache_write_tokens: int

    @property
    def refusal(self) -> str | None:
        """The words with which the model refused."""
        error = self.run.error or {}
        return error.get("message", "") if error.get("code") == REFUSED else None

    @property
    def failed(self) -> bool:
        """True where there is no answer; a refusal is one."""
        return self.run.status != Status.SUCCEEDED and self.refusal is None

    @cached_property
    def text(self) -> str:
        """The answer."""
        if self.refusal is not None:
            return ""
        return (self.reply.content if self.reply else self.run.answer) or ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Tools of the caller that the model calls."""
        return self.reply.tool_calls if self.reply else ()

    @property
    def limited(self) -> bool:
        """True of an answer that a limit cut short."""
        if self.run.answer_kind == AnswerKind.FINAL:
            return False
        # A pattern whose last call was cut at its cap has completed.
        return self.run.stop_reason in LIMITS or self.run.stop_reason == "completed"

    @property
    def finish_reason(self) -> FinishReason:
        """Why the answer ends where it ends."""
        if self.refusal is not None:
            return "content_filter"
        if self.tool_calls:
            return "tool_calls"
        return "length" if self.limited else "stop"

    @property
    def facts(self) -> dict[str, Any]:
        """What we say of it beside OpenAI's fields."""
        run = self.run
        return {
            "run_id": str(run.pk),
            "cost_usd": format_usd(run.cost_usd),
            "answer_kind": run.answer_kind,
            "stop_reason": run.stop_reason,
        }

    @property
    def headers(self) -> dict[str, str]:
        """The run, and what it cost."""
        return {**run_headers(self.run), "x-agentsite-cost-usd": format_usd(self.run.cost_usd)}

    @property
    def status(self) -> int:
        """Of a run without an answer."""
        if self.run.status == Status.CANCELLED:
            return 409
        return STATUSES.get((self.run.error or {}).get("code", ""), 502)

    @property
    def error(self) -> tuple[str, str]:
        """Code and sentence of a run without an answer."""
        if self.run.status == Status.CANCELLED:
            return "cancelled", "The run was cancelled before it had an answer."
        error = self.run.error or {}
        code = error.get("code", "internal")
        return CODES.get(code, code), error.get("message") or "The run failed."

    @property
    def problem(self) -> HttpResponse:
        """The answer to a request whose run has none. Sent again, it would be paid again."""
        code, message = self.error
        return problem(
            self.status,
            message,
            code=code,
            headers={**self.headers, **NOT_AGAIN},
            details={**self._figures, "run_id": str(self.run.pk)},
        )

    @property
    def _figures(self) -> dict[str, str | None]:
        error = self.run.error or {}
        return {name: value for name, value in error.items() if name not in ("code", "message")}


def run_headers(run: Run) -> dict[str, str]:
    """Which run it is."""
    return {"x-agentsite-run-id": str(run.pk)}


def outcome_of(run_id: UUID) -> Outcome:
    """Read a run; one that goes on is read as it is now."""
    run = Run.objects.get(pk=run_id)
    written = cache_writes([run.pk]).get(run.pk, 0) if run.input_tokens else 0
    return Outcome(run, _reply(run), written)


def _reply(run: Run) -> Reply | None:
    """The model's own reply; None where a pattern answered, or the cache."""
    if run.pattern != Plain.key or run.status != Status.SUCCEEDED:
        return None
    steps = Step.objects.filter(run=run, status=StepStatus.DONE)
    kept = steps.order_by("-id").values_list("response", flat=True).first()
    return Reply.of(kept) if kept else None
