"""How far the deletion of old details has come."""

from django.db import models
from django.db.models.functions import Now


class RetentionMark(models.Model):
    """All that is old enough up to this place is deleted; one row for each kind."""

    kind = models.CharField(max_length=20, primary_key=True)
    ended_at = models.DateTimeField(null=True, help_text="The end of the last run that was done")
    run_id = models.UUIDField(null=True, help_text="That run: several can end at the same moment")
    rows = models.BigIntegerField(db_default=0, help_text="Deleted or emptied so far")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.kind} up to {self.ended_at}"
