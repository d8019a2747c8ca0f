"""Whether new runs are taken in: staff's newest word."""

from runs.models import IntakeChange

SHOWN = 10


def latest_word() -> IntakeChange | None:
    """What counts now; None where staff never said anything."""
    return IntakeChange.objects.first()


def pause() -> IntakeChange | None:
    """The pause that holds; None where new runs are taken in."""
    word = latest_word()
    return word if word and word.paused else None


def past_words() -> list[IntakeChange]:
    """The newest changes, and who made them."""
    return list(IntakeChange.objects.select_related("by")[:SHOWN])
