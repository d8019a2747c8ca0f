"""Which runs a user sees, and how a status moves."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from accounts.models import User
from runs.states import AWAITING, EXECUTING, Status, leaving_for

if TYPE_CHECKING:
    pass


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by who may see them, and the only way to change a status."""

    def visible_to(self, user: User) -> "RunQuerySet":
        """All that this user may see; what is anyone else's doesn't exist for this user."""
        return self.filter(owner=user)

    def fundable_by(self, user: User) -> "RunQuerySet":
        """All whose limit this user may raise: staff may for anyone's."""
        return self.all() if user.is_staff else self.visible_to(user)

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
