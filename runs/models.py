"""The run, its journal of steps, its durable events, and the workers that execute runs."""

from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import ApiToken, User
from billing.bill import hit_rate
from billing.models import Confidence, money_field
from runs.auto.runner_up import RunnerUp, read_runner_up
from runs.engine.stop_reasons import is_in_form
from runs.policy_models import MAX_CUSTOMER, Customer, IntakeChange
from runs.prompt_sets import PromptSetVersion
from runs.states import (
    ACTIVE,
    AWAITING,
    EXECUTING,
    TERMINAL,
    AnswerKind,
    CacheMode,
    Status,
    StepStatus,
    WhenOutOfMoney,
    leaving_for,
)
from runs.tool_models import ForbiddenTool, McpServer, McpTool
from runs.webhook_models import InternalReceiver, Webhook, WebhookDelivery
from runs.wording import worded
from web.ids import uuid7

__all__ = [
    "Customer",
    "DialectRule",
    "ForbiddenTool",
    "IntakeChange",
    "InternalReceiver",
    "McpServer",
    "McpTool",
    "Run",
    "RunEvent",
    "Step",
    "Webhook",
    "WebhookDelivery",
    "WordedField",
    "Worker",
]

# Null where auto didn't take the cheaper one of two models. Calls in doubt have no tokens yet, and
# so their cost counts for neither side.
SAVED_BY_ROUTE_READS = (
    *("route", "input_tokens", "cached_input_tokens", "output_tokens", "cost_usd"),
    "in_doubt_usd",
)
SAVED_BY_ROUTE = """
    CASE WHEN route ->> 'saves' = 'true' THEN (
        (input_tokens - cached_input_tokens) * (route -> 'other' ->> 'input_usd')::numeric
        + cached_input_tokens * (route -> 'other' ->> 'cached_input_usd')::numeric
        + output_tokens * (route -> 'other' ->> 'output_usd')::numeric
    ) / 1000000 - (cost_usd - in_doubt_usd) END
"""


class WordedField(models.JSONField):
    """JSON with a code and figures, read with the sentence that says them."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The value with its sentence."""
        return worded(super().from_db_value(value, expression, connection))

    def deconstruct(self) -> Any:
        """To migrations it is a plain JSON field: only the reading differs."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class Worker(models.Model):
    """One worker process. The lease is the worker's: one heartbeat keeps all its runs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    capacity = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.name


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by who may see them, and the only way to change a status."""

    def visible_to(self, user: User) -> "RunQuerySet":
        """All that this user may see; what is anyone else's doesn't exist for this user."""
        return self.filter(owner=user)

    def submitted_with(self, owner: User, idempotency_key: str) -> "RunQuerySet":
        """The run that this user's key made; one at most."""
        return self.filter(owner=owner, idempotency_key=idempotency_key)

    def active(self) -> "RunQuerySet":
        """Runs that have not ended. Each part of the condition is a small partial index's."""
        return self.filter(
            Q(status=Status.QUEUED) | Q(status__in=EXECUTING) | Q(status__in=AWAITING)
        )

    def awaiting(self) -> "RunQuerySet":
        """Runs that wait for a person."""
        return self.filter(status__in=AWAITING)

    def move(self, status: Status, **changes: Any) -> int:
        """Move the selected runs to `status`, out of the states that allow it.

        Returns the number of runs that moved. Takes their row locks.
        """
        return self.filter(status__in=leaving_for(status)).update(status=status, **changes)


class Run(models.Model):
    """One submitted task. What decides its result is pinned here at submit."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Each index is written again at each settlement: the foreign keys have none of their own.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="runs", db_index=False
    )
    api_token = models.ForeignKey(
        ApiToken, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    task = models.TextField()
    task_size = models.GeneratedField(
        expression=models.Func(
            "task", template="length(ltrim(octet_length(%(expressions)s)::bit(32)::text, '0'))"
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
        help_text="The binary digits of the task's number of bytes: runs alike in size",
    )
    pattern = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    tools = models.JSONField(default=list)
    model = models.CharField(max_length=200)
    chosen_model = models.CharField(max_length=200)
    routing_reason = models.CharField(max_length=300, blank=True)
    route = models.JSONField(
        null=True, help_text="Where auto chose: the kind of task, and the price not paid"
    )
    provider = models.CharField(max_length=40)
    simulated = models.BooleanField()
    config = models.JSONField(default=dict)
    prompt_set = models.CharField(
        max_length=100, null=True, help_text="The name@number whose prompts are in its config"
    )
    # Without a constraint, a set can be deleted while a run that names it is submitted: read it by
    # a join.
    prompt_version = models.ForeignKey(
        PromptSetVersion,
        models.SET_NULL,
        null=True,
        related_name="runs",
        db_index=False,
        db_constraint=False,
    )
    metadata = models.JSONField(default=dict)
    tags = models.JSONField(
        default=list, db_default=models.Value([], output_field=models.JSONField())
    )
    session_id = models.CharField(max_length=200, db_default="")
    customer = models.CharField(max_length=MAX_CUSTOMER, db_default="")
    max_cost_usd = money_field(null=True, blank=True)
    when_out_of_money = models.CharField(
        max_length=8, choices=WhenOutOfMoney.choices, db_default=WhenOutOfMoney.CONCLUDE
    )
    cache = models.CharField(max_length=7, choices=CacheMode.choices, db_default=CacheMode.OFF)
    cache_digest = models.CharField(
        max_length=64, null=True, help_text="What equal runs have in common; null: not in the cache"
    )
    cache_hit = models.BooleanField(db_default=False)
    # The database sets it to null, so that a run can be deleted while another takes its answer.
    paid_by = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="The run whose answer this one has from the cache",
    )
    leads_epoch = models.PositiveIntegerField(
        null=True, help_text="The epoch in which equal runs wait for its answer"
    )
    # As of `paid_by`: the step is still known when the source is deleted.
    forked_from = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="The run whose finished steps this one took over",
    )
    fork_step = models.CharField(
        max_length=200, db_default="", help_text="The key of the last step taken over; empty: none"
    )
    idempotency_key = models.CharField(max_length=255, null=True)
    request_hash = models.CharField(max_length=64, blank=True)
    traceparent = models.CharField(
        max_length=55, db_default="", help_text="The span that submitted it, for tracing; or empty"
    )

    status = models.CharField(max_length=17, choices=Status.choices, default=Status.QUEUED)
    awaiting = WordedField(
        null=True, help_text="What a person is asked for, while the run waits for that"
    )
    awaiting_since = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(db_default=0)
    attempt = models.PositiveSmallIntegerField(db_default=1)
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, related_name="runs", db_index=False
    )
    last_seq = models.PositiveIntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    deadline_at = models.DateTimeField()
    concludes_by = models.DateTimeField(
        null=True, help_text="Past its deadline in the queue: until when it may still conclude"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    answer = models.TextField(null=True)
    partial = models.TextField(
        null=True, help_text="What it had when it began to wait: its answer, if it ends there"
    )
    answer_kind = models.CharField(
        max_length=12, choices=AnswerKind.choices, db_default=AnswerKind.NONE
    )
    stop_reason = models.CharField(max_length=40, blank=True, db_default="")
    error = WordedField(null=True)
    sources = models.JSONField(default=list)
    warnings = models.JSONField(default=list)

    feedback = models.SmallIntegerField(
        null=True, help_text="1 or -1: whether its owner found the answer good"
    )
    feedback_comment = models.TextField(db_default="")
    feedback_at = models.DateTimeField(null=True)

    input_tokens = models.BigIntegerField(db_default=0)
    cached_input_tokens = models.BigIntegerField(db_default=0)
    output_tokens = models.BigIntegerField(db_default=0)
    reasoning_tokens = models.BigIntegerField(db_default=0)
    llm_calls = models.PositiveIntegerField(db_default=0)
    tool_calls = models.PositiveIntegerField(db_default=0)
    cost_usd = money_field(db_default=0)
    held_usd = money_field(db_default=0)
    needs_usd = money_field(
        null=True, help_text="A run that waits for money waits for this much of its budgets"
    )
    estimated_usd = money_field(db_default=0)
    in_doubt_usd = money_field(db_default=0)
    saved_usd = money_field(db_default=0)

    routing_saved_usd = models.GeneratedField(
        expression=models.Func(*SAVED_BY_ROUTE_READS, template=SAVED_BY_ROUTE),
        output_field=models.DecimalField(max_digits=40, decimal_places=12),
        db_persist=True,
        help_text="What its tokens would have cost at the stronger model, less what they cost",
    )

    objects: ClassVar[models.Manager["Run"]] = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="run_idempotency",
                condition=Q(idempotency_key__isnull=False),
            ),
            # Of equal runs that execute, one buys the answer. It leads no more once it has ended,
            # is cancelled, or has gone back to the queue, which raises its epoch.
            models.UniqueConstraint(
                fields=["owner", "cache_digest"],
                name="run_leader",
                condition=Q(status=Status.RUNNING, leads_epoch=F("epoch")),
            ),
            models.CheckConstraint(
                condition=Q(
                    cost_usd__gte=0, held_usd__gte=0, in_doubt_usd__gte=0, estimated_usd__gte=0
                ),
                name="run_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status__in=TERMINAL, finished_at__isnull=False)
                | Q(status__in=ACTIVE, finished_at=None),
                name="run_finished_at_with_end",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="run_owner_newest"),
            # Usage reports are read from it alone.
            models.Index(
                fields=["owner", "created_at"],
                name="run_owner_submitted",
                include=["simulated", "chosen_model", "pattern", "saved_usd", "routing_saved_usd"],
            ),
            models.Index(fields=["owner", "-cost_usd", "-id"], name="run_owner_dearest"),
            # Equal runs that buy or bought their answer: those under way, then the newest first.
            models.Index(
                fields=["owner", "cache_digest", "-finished_at"],
                name="run_equal",
                condition=Q(cache_digest__isnull=False, cache_hit=False),
            ),
            models.Index(
                fields=["paid_by"], name="run_paid_by", condition=Q(paid_by__isnull=False)
            ),
            models.Index(
                fields=["forked_from"],
                name="run_forked_from",
                condition=Q(forked_from__isnull=False),
            ),
            models.Index(
                fields=["prompt_version"],
                name="run_prompts",
                condition=Q(prompt_version__isnull=False),
            ),
            # Few runs have any of these, and only they are written there.
            models.Index(
                fields=["owner", "session_id", "-id"],
                name="run_session",
                condition=~Q(session_id=""),
            ),
            models.Index(
                fields=["owner", "customer", "-id"],
                name="run_customer",
                condition=~Q(customer=""),
            ),
            models.Index(
                fields=["owner", "feedback", "-id"],
                name="run_feedback",
                condition=Q(feedback__isnull=False),
            ),
            GinIndex(
                OpClass("tags", name="jsonb_path_ops"), name="run_tags", condition=~Q(tags=[])
            ),
            GinIndex(
                OpClass("metadata", name="jsonb_path_ops"),
                name="run_metadata",
                condition=~Q(metadata={}),
            ),
            models.Index(fields=["id"], name="run_queue", condition=Q(status="queued")),
            models.Index(
                fields=["owner", "id"],
                name="run_ready",
                condition=Q(status=Status.QUEUED, needs_usd=None),
            ),
            models.Index(
                fields=["id"],
                name="run_waiting",
                condition=Q(status=Status.QUEUED, needs_usd__isnull=False),
            ),
            models.Index(
                fields=["owner", "id"], name="run_awaiting", condition=Q(status__in=AWAITING)
            ),
            models.Index(
                fields=["worker"], name="run_executing", condition=Q(status__in=EXECUTING)
            ),
            models.Index(
                fields=["finished_at"],
                name="run_executed",
                condition=Q(started_at__isnull=False, finished_at__isnull=False),
            ),
            # What whole runs alike cost, newest first, read from the index alone.
            models.Index(
                fields=["pattern", "chosen_model", "simulated", "task_size", "-finished_at"],
                name="run_history",
                condition=Q(
                    status__in=[Status.SUCCEEDED, Status.FAILED], llm_calls__gt=0, fork_step=""
                ),
                include=["cost_usd", "llm_calls"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.pattern} {self.status}"

    @property
    def runner_up(self) -> RunnerUp | None:
        """The model that auto didn't choose, and what this run's tokens would have cost there."""
        return read_runner_up(
            self.route,
            input_tokens=self.input_tokens,
            cached_input_tokens=self.cached_input_tokens,
            output_tokens=self.output_tokens,
        )

    @property
    def prompt_cache_hit_rate(self) -> float | None:
        """The part of its input that came from the provider's prompt cache."""
        return hit_rate(self.cached_input_tokens, self.input_tokens)

    @property
    def answer_schema(self) -> dict[str, Any] | None:
        """The schema in which the answer is wanted; None where any text will do."""
        text = self.config.get("answer_schema")
        schema: dict[str, Any] | None = orjson.loads(text) if text else None
        return schema

    @property
    def answer_json(self) -> dict[str, Any] | None:
        """The answer as an object, where it was to fit a schema and does."""
        if self.status != Status.SUCCEEDED or not self.config.get("answer_schema"):
            return None
        if not is_in_form(self.answer_kind, self.stop_reason):
            return None
        found: dict[str, Any] | None = orjson.loads(self.answer or "null")
        return found

    @property
    def executing(self) -> bool:
        """True while a worker has it."""
        return self.status in EXECUTING

    @property
    def ended(self) -> bool:
        """True in a terminal state."""
        return self.status in TERMINAL


class Step(models.Model):
    """One attempt of an LLM or tool call: the journal that a resumed run replays."""

    class Kind(models.TextChoices):
        """What was called."""

        LLM = "llm", "LLM call"
        TOOL = "tool", "Tool call"

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    key = models.CharField(max_length=200)
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=Kind.choices)
    label = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=StepStatus.choices)
    digest = models.CharField(max_length=64)
    request = models.JSONField(default=dict)
    response = models.JSONField(null=True)
    decision = models.JSONField(
        null=True, help_text="What the owner said of a tool call that has to be approved"
    )
    error = WordedField(null=True)
    hold_id = models.BigIntegerField(null=True)
    input_tokens = models.BigIntegerField(db_default=0)
    cached_input_tokens = models.BigIntegerField(db_default=0)
    output_tokens = models.BigIntegerField(db_default=0)
    reasoning_tokens = models.BigIntegerField(db_default=0)
    cost_usd = money_field(db_default=0)
    confidence = models.CharField(
        max_length=10, choices=Confidence.choices, db_default=Confidence.EXACT
    )
    replayed = models.BooleanField(db_default=False)
    taken_usd = money_field(
        null=True, help_text="What it cost the run from which it was taken over; null: this run's"
    )
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key", "attempt"], name="step_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.key}#{self.attempt} {self.status}"


class RunEvent(models.Model):
    """One durable event of a run's live stream; `seq` counts from 1 without gaps."""

    pk = models.CompositePrimaryKey("run_id", "seq")
    run = models.ForeignKey(Run, models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=30)
    at = models.DateTimeField(db_default=Now())
    data = WordedField(default=dict)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class DialectRule(models.Model):
    """One thing that a refusal taught about a model at an endpoint: a rule, or a size in tokens."""

    endpoint = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    rule = models.CharField(max_length=60)
    tokens = models.BigIntegerField(null=True)
    words = models.TextField(help_text="What the endpoint said, without keys")
    learnt_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["model", "id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "model", "rule"], name="dialect_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.endpoint}: {self.rule}"
