"""The run."""

from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiToken, User
from billing.bill import hit_rate
from billing.models import money_field
from runs.auto.runner_up import RunnerUp, read_runner_up
from runs.details import Detail, check_kept, deletion_note
from runs.engine.stop_reasons import is_in_form
from runs.models.fields import WordedField
from runs.models.policy import MAX_CUSTOMER
from runs.models.prompt_sets import PromptSetVersion
from runs.models.run_indexes import CONSTRAINTS, INDEXES
from runs.models.worker import Worker
from runs.states import (
    AWAITING,
    EXECUTING,
    TERMINAL,
    AnswerKind,
    CacheMode,
    Status,
    WhenOutOfMoney,
    leaving_for,
)
from web.ids import uuid7

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


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by who may see them, and the only way to change a status."""

    def visible_to(self, user: User) -> "RunQuerySet":
        """All that this user may see; what is anyone else's doesn't exist for this user."""
        return self.filter(owner=user)

    def fundable_by(self, user: User) -> "RunQuerySet":
        """All whose limit this user may raise: staff may for anyone's."""
        return self.all() if user.is_staff and not user.lacks_mfa else self.visible_to(user)

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
    deleted_details = models.JSONField(
        default=dict,
        db_default=models.Value({}, output_field=models.JSONField()),
        help_text="The days after its end after which details were deleted, by kind",
    )

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
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"Run {self.id}: {self.get_status_display()}"

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

    @property
    def deletion_note(self) -> str:
        """Which of its details were deleted, and when; empty where all are kept."""
        return deletion_note(self.deleted_details)

    def check_kept(self, *details: Detail) -> None:
        """Raise `DetailsDeleted` where one of these details was deleted."""
        check_kept(self.deleted_details, *details)
