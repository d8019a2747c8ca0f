"""The workers that execute runs."""

from django.db import models
from django.db.models.functions import Now

from web.ids import uuid7


class Worker(models.Model):
    """One worker process. The lease is the worker's: one heartbeat keeps all its runs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    capacity = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.name
