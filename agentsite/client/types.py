"""What the site says and is told, as types. Written by `manage.py client_types`."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict


@dataclass(frozen=True, slots=True)
class Pace:
    """By what was spent and held in the last five minutes."""

    usd_a_minute: Decimal
    minutes_left: Decimal


@dataclass(frozen=True, slots=True)
class Budget:
    """A budget in its present period. `resets_at` is null for a total."""

    id: str
    scope: Literal["site", "user", "token"]
    period: Literal["day", "month", "total"]
    timezone: str
    hard: bool
    limit_usd: Decimal
    settled_usd: Decimal
    held_usd: Decimal
    remaining_usd: Decimal
    resets_at: datetime | None
    raised: bool
    pace: Pace | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Calls:
    """LLM calls of one run."""

    min: int
    typical: int
    max: int


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars: half of the runs stay within `p50`, and eight of ten between `p10` and `p90`."""

    p10: Decimal
    p50: Decimal
    p90: Decimal
    max: Decimal


@dataclass(frozen=True, slots=True)
class EstimatedRouting:
    """The model that would be called, and why."""

    chosen: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Finished steps of another run that a fork needn't buy."""

    steps: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate and what it rests on."""

    llm_calls: Calls
    cost_usd: Cost
    basis: Literal["history", "formula", "cache"]
    sample_size: int
    routing: EstimatedRouting
    taken_over: Taken | None
    would_exceed: Literal["site", "user", "token"] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One durable event; `seq` counts from 1 without gaps."""

    seq: int
    type: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A token bucket of one charge: quantity x unit price / 1,000,000 = amount."""

    entry: int
    step_key: str
    attempt: int
    model: str
    bucket: Literal["fresh_input", "cached_input", "cache_write", "output", "reasoning"]
    quantity: int
    unit_price_usd: Decimal
    amount_usd: Decimal
    price_source: str
    confidence: Literal["exact", "estimated", "in_doubt"]
    reverses: int | None
    simulated: bool
    charged_at: datetime


@dataclass(frozen=True, slots=True)
class PromptCache:
    """What the provider's prompt cache did, without calls in doubt."""

    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    prompt_cache_hit_rate: float | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A run's bill. `cost_usd` is the run's; the lines' amounts add up to it exactly."""

    next: str | None
    previous: str | None
    results: list[LedgerLine]
    cost_usd: Decimal
    prompt_cache: PromptCache


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates, as in `10/m`: all of them hold."""

    submit: list[str]
    token: list[str]
    address: list[str]


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without its key."""

    id: str
    name: str
    prefix: str
    scopes: list[Literal["runs:read", "runs:write", "usage:read", "admin"]]
    submits_per_minute: int | None
    submits_per_hour: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    previous_works_until: datetime | None


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in user, the limits and the budgets; these are null without `usage:read`."""

    id: int
    email: str
    name: str
    is_staff: bool
    limits: Limits
    token: Token | None
    budgets: list[Budget] | None


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a run failed; a `budget_exceeded` has the figures of the limit that refused it."""

    code: str
    message: str
    scope: str | None = None
    window: str | None = None
    timezone: str | None = None
    limit_usd: str | None = None
    settled_usd: str | None = None
    held_usd: str | None = None
    requested_usd: str | None = None
    resets_at: str | None = None


@dataclass(frozen=True, slots=True)
class RunUsage:
    """A run's tokens and calls, without those in doubt."""

    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cache_write_tokens: int
    prompt_cache_hit_rate: float | None
    llm_calls: int
    tool_calls: int


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The model that a task of the other kind would have got, and its prices at the submit."""

    model: str
    input_usd: Decimal
    cached_input_usd: Decimal
    output_usd: Decimal
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Routing:
    """Which model was asked for, which one was chosen, and why."""

    requested: str
    chosen: str
    reason: str
    runner_up: RunnerUp | None
    complexity: Literal["simple", "complex"] | None = None


@dataclass(frozen=True, slots=True)
class Forked:
    """Where a fork went on from."""

    run: str | None
    step: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """Whether the owner found the answer good: the last word counts."""

    score: Literal[-1, 1]
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """The place in the fair queue, from 1; `starts_in_s` is null while nothing is known."""

    position: int
    starts_in_s: float | None


@dataclass(frozen=True, slots=True)
class Links:
    """Where to go from here."""

    self_: str
    events: str
    cancel: str
    html: str
    paid_by: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as its owner reads it."""

    id: str
    status: Literal[
        "queued",
        "running",
        "awaiting_funds",
        "awaiting_approval",
        "cancelling",
        "succeeded",
        "failed",
        "cancelled",
    ]
    task: str
    pattern: str
    model: str
    params: dict[str, Any]
    tools: list[str]
    prompt_set: str | None
    answer: str | None
    answer_json: dict[str, Any] | None
    answer_schema: dict[str, Any] | None
    answer_kind: Literal["final", "best_effort", "partial", "none"]
    stop_reason: str
    error: RunError | None
    sources: list[dict[str, Any]]
    warnings: list[str]
    usage: RunUsage
    cost_usd: Decimal
    in_doubt_usd: Decimal
    saved_usd: Decimal
    cache_hit: bool
    routing: Routing
    fork: Forked | None
    attempt: int
    max_cost_usd: Decimal | None
    when_out_of_money: Literal["conclude", "ask"]
    awaiting: dict[str, Any] | None
    metadata: dict[str, str]
    tags: list[str]
    session_id: str
    customer: str
    feedback: Feedback | None
    traceparent: str
    simulated: bool
    deleted_details: dict[str, int]
    queue: Queue | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: Links
    reasoning_effort: str | None = None
    verbosity: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as OpenAI counts them: input includes cached, output includes reasoning."""

    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int


@dataclass(frozen=True, slots=True)
class Error:
    """Why a run or a step failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt of an LLM or tool call: what was sent, what came back, what it cost."""

    key: str
    attempt: int
    kind: Literal["llm", "tool"]
    label: str
    status: Literal["asked", "started", "done", "failed", "cancelled", "in_doubt"]
    usage: Usage
    cost_usd: Decimal
    confidence: Literal["exact", "estimated", "in_doubt"]
    replayed: bool
    taken_usd: Decimal | None
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    request: dict[str, Any]
    response: dict[str, Any] | None
    error: Error | None


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Sums of one group. Only the groups that were asked for are there."""

    simulated: bool
    cost_usd: Decimal
    saved_usd: Decimal
    routing_saved_usd: Decimal
    runs: int
    charged_runs: int
    llm_calls: int
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    prompt_cache_hit_rate: float | None
    output_tokens: int
    reasoning_tokens: int
    day: date | None = None
    model: str | None = None
    pattern: str | None = None
    user: str | None = None
    session_id: str | None = None
    customer: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """A usage report."""

    from_: date
    to: date
    next: str | None
    previous: str | None
    scope: str
    group_by: list[str]
    results: list[UsageRow]


class SubmissionFields(TypedDict, total=False):
    """What may be said with a task."""

    pattern: str
    model: str
    params: dict[str, Any]
    tools: list[str]
    max_cost_usd: Decimal | str | None
    when_out_of_money: Literal["conclude", "ask"]
    cache: Literal["use", "refresh", "off"]
    custom_instructions: str
    goals: list[str]
    prompts: dict[str, dict[str, Any]]
    prompt_set: str
    roles: dict[str, str]
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max", ""]
    verbosity: Literal["low", "medium", "high", ""]
    deadline_s: int
    metadata: dict[str, str]
    tags: list[str]
    session_id: str
    customer: str
    answer_schema: dict[str, Any] | None
