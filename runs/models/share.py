"""Links by which anyone may read one run."""

from django.db import models
from django.db.models.functions import Now

from runs.models.run import Run


class RunShare(models.Model):
    """The link of a run, until it expires or is revoked. Of its key only the SHA-256 is kept."""

    run = models.OneToOneField(Run, models.CASCADE, related_name="share")
    digest = models.CharField(max_length=64, unique=True)
    with_steps = models.BooleanField(help_text="Whether its readers see the steps as well")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link of run {self.run_id}"
