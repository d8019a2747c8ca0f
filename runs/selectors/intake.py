"""Whether new runs are taken in: staff's newest word."""

from django.db.models import Count, Q

from runs.models import IntakeChange, Run
from runs.states import ACTIVE, EXECUTING, Status

SHOWN = 10


def latest_word() -> IntakeChange | None:
    """What counts now; None where staff never said anything."""
    return IntakeChange.objects.first()


def pause() -> IntakeChange | None:
    """The pause that holds; None where new runs are taken in."""
    word = latest_word()
    return word if word and word.paused else None


def under_way() -> dict[str, int]:
    """How many runs are `running` and `queued`, which go on whatever staff say."""
    return Run.objects.filter(status__in=ACTIVE).aggregate(
        running=Count("pk", filter=Q(status__in=EXECUTING)),
        queued=Count("pk", filter=Q(status=Status.QUEUED)),
    )


def past_words() -> list[IntakeChange]:
    """The newest changes, and who made them."""
    return list(IntakeChange.objects.select_related("by")[:SHOWN])
