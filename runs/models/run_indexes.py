"""What holds of the rows of runs, and what makes them quick to find."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from runs.states import ACTIVE, AWAITING, EXECUTING, TERMINAL, UNSUCCESSFUL, Status

CONSTRAINTS: list[models.BaseConstraint] = [
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
        condition=Q(cost_usd__gte=0, held_usd__gte=0, in_doubt_usd__gte=0, estimated_usd__gte=0),
        name="run_money_not_negative",
    ),
    models.CheckConstraint(
        condition=Q(status__in=TERMINAL, finished_at__isnull=False)
        | Q(status__in=ACTIVE, finished_at=None),
        name="run_finished_at_with_end",
    ),
]

INDEXES: list[models.Index] = [
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
    models.Index(fields=["paid_by"], name="run_paid_by", condition=Q(paid_by__isnull=False)),
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
    GinIndex(OpClass("tags", name="jsonb_path_ops"), name="run_tags", condition=~Q(tags=[])),
    GinIndex(
        OpClass("metadata", name="jsonb_path_ops"),
        name="run_metadata",
        condition=~Q(metadata={}),
    ),
    # Those that people look for; usually few.
    models.Index(
        fields=["owner", "created_at"],
        name="run_unsuccessful",
        condition=Q(status__in=UNSUCCESSFUL),
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
    models.Index(fields=["owner", "id"], name="run_awaiting", condition=Q(status__in=AWAITING)),
    models.Index(fields=["worker"], name="run_executing", condition=Q(status__in=EXECUTING)),
    models.Index(
        fields=["finished_at"],
        name="run_executed",
        condition=Q(started_at__isnull=False, finished_at__isnull=False),
    ),
    # The oldest ends, for the deletion of what is old; a run comes in as it ends.
    models.Index(
        fields=["finished_at", "id"],
        name="run_ended",
        condition=Q(finished_at__isnull=False),
    ),
    # What whole runs alike cost, newest first, read from the index alone.
    models.Index(
        fields=["pattern", "chosen_model", "simulated", "task_size", "-finished_at"],
        name="run_history",
        condition=Q(status__in=[Status.SUCCEEDED, Status.FAILED], llm_calls__gt=0, fork_step=""),
        include=["cost_usd", "llm_calls"],
    ),
]
