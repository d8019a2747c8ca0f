"""What a run keeps as it goes: its journal of steps and its durable events."""

from django.db import models
from django.db.models.functions import Now

from billing.models import Confidence, money_field
from runs.models.fields import WordedField
from runs.models.run import Run
from runs.states import StepStatus


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
    answer_id = models.CharField(
        max_length=200, null=True, help_text="What the provider calls the answer, where it keeps it"
    )
    answer_after = models.BigIntegerField(
        null=True, help_text="The event after which the answer can be read on, in the background"
    )
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
        return f"{self.label}: {self.get_status_display()}"


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
