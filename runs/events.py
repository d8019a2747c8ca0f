"""The catalogue of events: one class a type, with what its `data` holds, and the notices' codes.

An event is written in the transaction that makes it true. SQL writes those that depend on what it
finds there: `run.started`, `cost`, `run.finished` and some notices. docs/api.md lists all of them.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

PREVIEW_CHARACTERS = 300

# What each notice says. The sentences of some are in `runs.wording`, the engine sends the others.
NOTICES = {
    "truncated": "an answer was cut at its cap",
    "repair": "an answer didn't have the shape that was asked for, and is asked for again",
    "fallback": "an answer could not be used, and the pattern goes on without it; or another model "
    "is called (`called`) than the one that was asked for (`asked`)",
    "breaker": "a model isn't called for a while, since its calls kept failing",
    "shutdown": "a model isn't called any more, since its provider has shut it down",
    "loop": "the same tool calls came again, or all failed",
    "digest_changed": "a step was read back whose request was worded differently",
    "recovered": "a resumed run has read back what it had done",
    "handed_back": "the worker shuts down, and another one takes over",
    "worker_lost": "the worker stopped, and another one takes over",
    "forked": "the run goes on from a step of another one, whose finished steps it took over",
    "cache_hit": "the answer is an equal run's, from the cache",
    "equal_run": "an equal run executes, and this one waits for its answer",
    "past_deadline": "its time is up in the queue, and it goes on to answer from what it has",
    "waiting_for_money": "others hold the rest of the budget; the run goes on once enough is free",
    "out_of_money": "the next call doesn't fit a limit, and the run concludes",
    "breadth": "the money left carries less than the pattern wanted to do, and it does less",
    "overrun": "a call cost more than was held for it",
    "served_other": "another model or service tier answered than was asked for, at another price",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A durable event of a run's stream."""

    type: ClassVar[str]

    @property
    def message(self) -> dict[str, Any]:
        """As it is written; the number and the time are added there."""
        return {"type": self.type, "data": dict(vars(self))}


@dataclass(frozen=True, kw_only=True)
class RunQueued(Event):
    """The run is durable."""

    type = "run.queued"


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A worker claimed the run."""

    type = "run.started"
    worker: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class StepStarted(Event):
    """An attempt of an LLM call begins; it is number `n` of `of` in its pattern, where known."""

    type = "step.started"
    key: str
    attempt: int
    label: str
    kind: str
    model: str
    n: int | None
    of: int | None


@dataclass(frozen=True, kw_only=True)
class StepFinished(Event):
    """An LLM call has its answer; `cost_usd` is added where it is settled."""

    type = "step.finished"
    key: str
    attempt: int
    label: str
    kind: str
    usage: dict[str, int]
    confidence: str
    duration_ms: int
    preview: str
    replayed: bool = False
    saved_usd: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepReplayed(Event):
    """An LLM call of an earlier worker was read back; it keeps the cost that was paid once."""

    type = "step.finished"
    key: str
    attempt: int
    label: str
    kind: str
    cost_usd: str
    saved_usd: str
    replayed: bool = True


@dataclass(frozen=True, kw_only=True)
class StepFailed(Event):
    """An attempt of an LLM call has no answer; `cost_usd` is added where it is settled."""

    type = "step.failed"
    key: str
    attempt: int
    label: str
    error: dict[str, str]
    duration_ms: int


@dataclass(frozen=True, kw_only=True)
class ToolStarted(Event):
    """A tool call begins; `arguments` is JSON text as the model wrote it."""

    type = "tool.started"
    key: str
    attempt: int
    label: str
    tool: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class ToolFinished(Event):
    """A tool call ended; `ok` says whether the tool did what it was asked to."""

    type = "tool.finished"
    key: str
    attempt: int
    label: str
    ok: bool
    duration_ms: int
    preview: str


@dataclass(frozen=True, kw_only=True)
class ToolAsked(Event):
    """A tool call waits for the owner's approval; `reason` is `effect` or `outcome_unknown`."""

    type = "tool.asked"
    key: str
    attempt: int
    label: str
    tool: str
    arguments: str
    effect_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ToolDecided(Event):
    """The owner decided about a tool call: `verdict` is approved, declined or took_effect."""

    type = "tool.decided"
    key: str
    attempt: int
    label: str
    verdict: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class Artifact(Event):
    """Something that the pattern shows: a plan, a draft, a critique. `data` depends on the kind."""

    type = "artifact"
    kind: str
    key: str
    data: dict[str, Any]

    @property
    def message(self) -> dict[str, Any]:
        """The kind's own fields stand beside the common ones."""
        return {"type": self.type, "data": {"kind": self.kind, "key": self.key, **self.data}}


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something that the reader should know; `code` is one of `NOTICES`."""

    type = "notice"
    code: str
    figures: dict[str, Any]

    @property
    def message(self) -> dict[str, Any]:
        """The figures stand beside the code."""
        return {"type": self.type, "data": {"code": self.code, **self.figures}}


@dataclass(frozen=True, kw_only=True)
class Cost(Event):
    """The run's cost as it is known now, and what is left under its tightest hard budget."""

    type = "cost"
    cost_usd: str
    held_usd: str
    budget_remaining_usd: str | None


@dataclass(frozen=True, kw_only=True)
class RunAwaiting(Event):
    """A person has the next word: `code` is the run's status. The rest depends on it."""

    type = "run.awaiting"
    code: str
    question: int
    until: str


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """Back in the queue: `code` is funded, room_again, decided or past_deadline."""

    type = "run.resumed"
    code: str


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The last event of a run."""

    type = "run.finished"
    status: str
    answer: str | None
    answer_kind: str
    stop_reason: str
    error: dict[str, Any] | None
    cost_usd: str
    in_doubt_usd: str


EVENTS: tuple[type[Event], ...] = (
    RunQueued,
    RunStarted,
    StepStarted,
    StepFinished,
    StepReplayed,
    StepFailed,
    ToolStarted,
    ToolAsked,
    ToolDecided,
    ToolFinished,
    Artifact,
    Notice,
    Cost,
    RunAwaiting,
    RunResumed,
    RunFinished,
)
