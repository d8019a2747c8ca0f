"""The values that pass between a pattern, the paid call and the ports."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Confidence = Literal["exact", "estimated", "in_doubt"]
AnswerKind = Literal["final", "best_effort", "partial", "none"]
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call in disjoint buckets; `reasoning` is the hidden part of `output`.

    `cache_write` is input that the provider stored in its cache, which may cost more than fresh.
    """

    fresh_input: int
    cached_input: int
    output: int
    reasoning: int = 0
    cache_write: int = 0

    @property
    def input(self) -> int:
        """All tokens that were sent."""
        return self.fresh_input + self.cached_input + self.cache_write


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose call it is, as far as a provider is told.

    `cache_key` is the same for calls whose prompts begin alike. `safety_identifier` stands for the
    user, and doesn't say who that is.
    """

    cache_key: str = ""
    safety_identifier: str = ""


NOBODY = Origin()


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What is sent to an endpoint for one answer. The output cap is part of every request.

    `parallel` allows several tool calls in one answer. `key` is that of the step that asks, and
    isn't sent. `call_id` names this attempt alone, to providers that can find its answer by it.
    `sampling` has `temperature`, `stop` and the like, by the endpoint's names. `traceparent` is
    sent as a header, where the call is part of a trace.
    """

    model: str
    messages: list[Message]
    max_output_tokens: int
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_choice: str | dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    sampling: dict[str, Any] = field(default_factory=dict)
    parallel: bool = True
    effort: str = ""
    verbosity: str = ""
    origin: Origin = NOBODY
    key: str = ""
    traceparent: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to call a model. `probe` names the one call that tries it again after an outage."""

    model: str
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """Why a model is not called: so many calls failed in a row, the last one with this code.

    `again_at` is when the next call may try it; None while one does, and of a model that its
    provider has shut down for good (`shutdown_on`).
    """

    model: str
    failures: int
    code: str
    again_at: datetime | None
    shutdown_on: date | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call as the model wrote it; `arguments` is its JSON text, not yet checked.

    `beside` has what the endpoint sent with it, such as a thought signature; it goes back as it is.
    """

    id: str
    name: str
    arguments: str
    beside: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer of the model.

    `model` and `service_tier` are what served it, as the provider says. `thinking` is the reasoning
    that it showed. `beside` has the reasoning fields of a turn as they came (`reasoning_content`,
    `reasoning_details`): they go back with the turn.
    """

    content: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str
    model: str
    response_id: str = ""
    refusal: str = ""
    service_tier: str = ""
    thinking: str = ""
    beside: dict[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Reply":
        """The reply that a journal kept as JSON."""
        calls = tuple(ToolCall(**call) for call in kept["tool_calls"])
        return cls(**{**kept, "tool_calls": calls})


@dataclass(frozen=True, slots=True)
class StepStart:
    """One attempt of an LLM call, about to be paid for.

    `request` is what is kept for the reader (messages, tools, schema), `digest` identifies it on
    replay, and the token numbers bound its cost. `closing` marks the call that may use the money
    that was held for it at the run's start; it fits `closing.closing_bound`.
    """

    key: str
    attempt: int
    label: str
    digest: str
    request: dict[str, Any]
    model: str
    max_input_tokens: int
    max_output_tokens: int
    n: int | None = None
    of: int | None = None
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for a call. `max_output_tokens` may be less than was asked for."""

    id: int
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class FoundBy:
    """Under which id the provider keeps an answer.

    One that is made in the background can be read on `after` this event; None: only asked about.
    """

    id: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """An attempt of an earlier epoch whose answer the provider keeps, and whose money is held."""

    key: str
    attempt: int
    digest: str
    model: str
    hold: Hold
    found: FoundBy


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How an attempt ended and what it bought. `usage` is None when nothing was bought.

    `past_cap` says that the answer had to be cut, since it ran past its output cap. Until the first
    output it took `first_output_ms`; None when there was none.
    """

    status: Literal["done", "failed", "cancelled", "in_doubt"]
    usage: Usage | None
    confidence: Confidence
    duration_ms: int
    reply: Reply | None = None
    error: dict[str, str] | None = None
    preview: str = ""
    past_cap: bool = False
    first_output_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished step of an earlier epoch, read back from the journal.

    One that was `taken` over from another run may have been asked in other words. `told` says that
    the run's own events have what it brought.
    """

    step_id: int
    key: str
    attempt: int
    digest: str
    response: dict[str, Any]
    taken: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True)
class ToolStep:
    """One tool call, for the journal and the stream. Times are milliseconds.

    `call_id` is the model's own name of the call.
    """

    key: str
    attempt: int
    label: str
    digest: str
    request: dict[str, Any]
    ok: bool = True
    response: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    duration_ms: int = 0
    preview: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool call that a person is asked about: whether it may be made (`effect`), or what became
    of it (`outcome_unknown`).

    The verdict is empty until there is one; `took_effect` answers the second question only. A call
    that has `begun` was made, and its end isn't known.
    """

    attempt: int
    digest: str
    reason: str = "effect"
    verdict: Literal["", "approved", "declined", "took_effect"] = ""
    comment: str = ""
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Purse:
    """The money that is left for a run, in dollars, and how many calls of some size it carries.

    The calls are counted at the most that each can cost, so that all of them can be held at once.
    """

    left_usd: str
    calls: int

    @property
    def line(self) -> str:
        """As the model reads it."""
        return f"Left: ${self.left_usd}, about {self.calls} call{'' if self.calls == 1 else 's'}."


@dataclass(frozen=True, slots=True)
class Spec:
    """What a run is asked to do, as it was pinned at submit.

    `answer_schema` is the JSON text of a ready schema: a text keeps the order of its properties.
    `reasoning_effort` and `verbosity` are of `wishes`, or empty.
    `declared` has those of its tools that are other servers', by name, as they were then.
    """

    task: str
    pattern: str
    model: str
    params: dict[str, Any] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    custom_instructions: str = ""
    goals: tuple[str, ...] = ()
    prompts: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    reasoning_effort: str = ""
    verbosity: str = ""
    answer_schema: str = ""
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def models(self) -> frozenset[str]:
        """All models that the run may call."""
        return frozenset((self.model, *self.roles.values()))


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `status` is succeeded, failed or cancelled."""

    status: Literal["succeeded", "failed", "cancelled"]
    answer: str | None
    answer_kind: AnswerKind
    stop_reason: str
    error: dict[str, str | None] | None = None
    sources: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
