"""The owner's word on an answer."""

from django.db.models.functions import Now

from runs.errors import InvalidSubmission
from runs.models import Run

MAX_COMMENT = 2000
SCORES = (-1, 1)


def give_feedback(*, run: Run, score: int, comment: str = "") -> Run:
    """Keep whether the owner found it good; the last word counts. Nothing else of the run changes.

    Raises `InvalidSubmission`.
    """
    if score not in SCORES:
        raise InvalidSubmission("It is 1 or -1.", field="score")
    if len(comment) > MAX_COMMENT:
        raise InvalidSubmission(
            f"A comment has at most {MAX_COMMENT:,} characters.", field="comment"
        )
    Run.objects.filter(pk=run.pk).update(
        feedback=score, feedback_comment=comment.strip(), feedback_at=Now()
    )
    run.refresh_from_db(fields=["feedback", "feedback_comment", "feedback_at"])
    return run
