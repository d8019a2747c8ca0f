"""What comparing the books with the ledger found."""

from django.db import models
from django.db.models.functions import Now

from web.wording import moment


class Audit(models.Model):
    """One comparison of the books with the ledger; `differences` is empty when they agreed."""

    at = models.DateTimeField(db_default=Now())
    lines = models.BigIntegerField(help_text="Ledger lines that were compared")
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"

    def __str__(self) -> str:
        count = len(self.differences)
        return f"{moment(self.at)}: {count} difference{'' if count == 1 else 's'}"
