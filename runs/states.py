"""The states of a run and of a step, and which may follow which. No ORM here."""

from django.db.models import TextChoices


class Status(TextChoices):
    """Where a run is in its life."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
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


class StepStatus(TextChoices):
    """Where one LLM or tool call is."""

    STARTED = "started", "Started"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    IN_DOUBT = "in_doubt", "In doubt"


ACTIVE = frozenset({Status.QUEUED, Status.RUNNING, Status.CANCELLING})
EXECUTING = frozenset({Status.RUNNING, Status.CANCELLING})
TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})

MAY_BECOME: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.FAILED, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.QUEUED, Status.CANCELLING, Status.SUCCEEDED, Status.FAILED}),
    Status.CANCELLING: frozenset({Status.CANCELLED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def leaving_for(status: Status) -> list[Status]:
    """The states from which a run may move to `status`."""
    return [source for source, targets in MAY_BECOME.items() if status in targets]
