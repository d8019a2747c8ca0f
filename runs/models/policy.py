"""What staff say about new runs: which customers there are, and whether any are taken in."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MAX_CUSTOMER = 100


class Customer(models.Model):
    """A customer to whom runs are charged back. See `CUSTOMERS_POLICY`."""

    name = models.CharField(
        max_length=MAX_CUSTOMER, unique=True, help_text="As runs name it, letter by letter."
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class IntakeChange(models.Model):
    """One word of staff on whether new runs are taken in. The newest one counts."""

    paused = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True, help_text="Users read it.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{'Paused' if self.paused else 'Resumed'}: {self.reason}"
