"""The states of a run and of a step, and which may follow which. No ORM here."""

from django.db.models import TextChoices


class Status(TextChoices):
    """Where a run is in its life."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    AWAITING_FUNDS = "awaiting_funds", "Needs money"
    AWAITING_APPROVAL = "awaiting_approval", "Needs approval"
    CANCELLING = "cancelling", "Cancelling"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class AnswerKind(TextChoices):
    """How complete an answer is."""

    FINAL = "final", "Final"
    BEST_EFFORT = "best_effort", "Best effort"
    PARTIAL = "partial", "Partial"
    NONE = "none", "None"


class CacheMode(TextChoices):
    """What a submit wants of the cache."""

    USE = "use", "Use"
    REFRESH = "refresh", "Refresh"
    OFF = "off", "Off"


class WhenOutOfMoney(TextChoices):
    """What a run does whose next call doesn't fit its limits."""

    CONCLUDE = "conclude", "Answer from what it has"
    ASK = "ask", "Ask me for more"


class StepStatus(TextChoices):
    """Where one LLM or tool call is."""

    ASKED = "asked", "Waits for approval"
    STARTED = "started", "Started"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    IN_DOUBT = "in_doubt", "In doubt"


EXECUTING = frozenset({Status.RUNNING, Status.CANCELLING})
# A person has the next word: no worker executes it, and it holds no money.
AWAITING = frozenset({Status.AWAITING_FUNDS, Status.AWAITING_APPROVAL})
ACTIVE = EXECUTING | AWAITING | {Status.QUEUED}
# The same of a row, in SQL. Each part of this condition is a small index's.
IS_ACTIVE = """(
    status = 'queued' OR status IN ('running', 'cancelling')
    OR status IN ('awaiting_funds', 'awaiting_approval')
)"""
UNSUCCESSFUL = frozenset({Status.FAILED, Status.CANCELLED})
TERMINAL = UNSUCCESSFUL | {Status.SUCCEEDED}

MAY_BECOME: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset(
        {Status.RUNNING, Status.AWAITING_FUNDS, Status.FAILED, Status.CANCELLED}
    ),
    Status.RUNNING: frozenset(
        {Status.QUEUED, *AWAITING, Status.CANCELLING, Status.SUCCEEDED, Status.FAILED}
    ),
    Status.AWAITING_FUNDS: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELLED}),
    Status.AWAITING_APPROVAL: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELLED}),
    Status.CANCELLING: frozenset({Status.CANCELLED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def leaving_for(status: Status) -> list[Status]:
    """The states from which a run may move to `status`."""
    return [source for source, targets in MAY_BECOME.items() if status in targets]
