"""What comparing the books with the ledger found."""

from django.db import models
from django.db.models.functions import Now


class Audit(models.Model):
    """One comparison of the books with the ledger; `differences` is empty when they agreed."""

    at = models.DateTimeField(db_default=Now())
    lines = models.BigIntegerField(help_text="Ledger lines that were compared")
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {len(self.differences)} differences"
