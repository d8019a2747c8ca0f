"""The labels by which a run is found and charged back: tags, its session, its customer."""

from collections.abc import Collection

from runs.errors import InvalidSubmission
from runs.submission import Submission

MAX_TAGS = 20
MAX_TAG = 60


def check_labels(submission: Submission, customers: Collection[str] | None) -> None:
    """Raise `InvalidSubmission` for labels that can't be kept, or a customer that isn't known.

    A run without a customer is charged back to nobody, which is always possible.
    """
    tags = submission.tags
    if len(tags) > MAX_TAGS or any(not tag.strip() or len(tag) > MAX_TAG for tag in tags):
        raise InvalidSubmission(
            f"At most {MAX_TAGS} tags, each of 1 to {MAX_TAG} characters.", field="tags"
        )
    if len(set(tags)) < len(tags):
        raise InvalidSubmission("A tag is there twice.", field="tags")
    name = submission.customer
    if name and customers is not None and name not in customers:
        raise InvalidSubmission(f"“{name}” is no customer of this site.", field="customer")
