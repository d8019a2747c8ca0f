"""The run, its journal of steps, its durable events, and the workers that execute runs."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import ApiToken, User
from billing.models import Confidence, money_field
from runs.states import ACTIVE, EXECUTING, TERMINAL, AnswerKind, Status, StepStatus, leaving_for
from runs.wording import worded
from web.ids import uuid7


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
        """Runs that have not ended. Each half of the condition is a small partial index's."""
        return self.filter(Q(status=Status.QUEUED) | Q(status__in=EXECUTING))

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
    provider = models.CharField(max_length=40)
    simulated = models.BooleanField()
    config = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    max_cost_usd = money_field(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True)
    request_hash = models.CharField(max_length=64, blank=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    epoch = models.PositiveIntegerField(db_default=0)
    attempt = models.PositiveSmallIntegerField(db_default=1)
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, related_name="runs", db_index=False
    )
    last_seq = models.PositiveIntegerField(db_default=0)
    created_at = models.DateTimeField(db_default=Now())
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    answer = models.TextField(null=True)
    answer_kind = models.CharField(
        max_length=12, choices=AnswerKind.choices, db_default=AnswerKind.NONE
    )
    stop_reason = models.CharField(max_length=40, blank=True, db_default="")
    error = WordedField(null=True)
    sources = models.JSONField(default=list)
    warnings = models.JSONField(default=list)

    input_tokens = models.BigIntegerField(db_default=0)
    cached_input_tokens = models.BigIntegerField(db_default=0)
    output_tokens = models.BigIntegerField(db_default=0)
    reasoning_tokens = models.BigIntegerField(db_default=0)
    llm_calls = models.PositiveIntegerField(db_default=0)
    tool_calls = models.PositiveIntegerField(db_default=0)
    cost_usd = money_field(db_default=0)
    held_usd = money_field(db_default=0)
    needs_usd = money_field(
        null=True, help_text="A queued run waits until this much of its budgets is free"
    )
    estimated_usd = money_field(db_default=0)
    in_doubt_usd = money_field(db_default=0)
    saved_usd = money_field(db_default=0)

    objects: ClassVar[models.Manager["Run"]] = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="run_idempotency",
                condition=Q(idempotency_key__isnull=False),
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
                include=["simulated", "chosen_model", "pattern", "saved_usd"],
            ),
            models.Index(fields=["owner", "-cost_usd", "-id"], name="run_owner_dearest"),
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
                fields=["worker"], name="run_executing", condition=Q(status__in=EXECUTING)
            ),
            models.Index(
                fields=["finished_at"],
                name="run_executed",
                condition=Q(started_at__isnull=False, finished_at__isnull=False),
            ),
            # What runs alike cost, newest first, read from the index alone.
            models.Index(
                fields=["pattern", "chosen_model", "simulated", "task_size", "-finished_at"],
                name="run_history",
                condition=Q(status__in=[Status.SUCCEEDED, Status.FAILED], llm_calls__gt=0),
                include=["cost_usd", "llm_calls"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.pattern} {self.status}"

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


class Dialect(models.Model):
    """One thing that refusals taught about a model of a provider; a deleted row is forgotten."""

    provider = models.CharField(max_length=300)
    model = models.CharField(max_length=200)
    rule = models.CharField(max_length=60)
    tokens = models.BigIntegerField(null=True)
    words = models.TextField(blank=True, db_default="")
    learnt_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["provider", "model", "rule"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "model", "rule"], name="dialect_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.rule}"
