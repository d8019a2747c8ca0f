"""What refusals taught about models."""

from django.db import models
from django.db.models.functions import Now


class DialectRule(models.Model):
    """One thing that a refusal taught about a model at an endpoint: a rule, or a size in tokens."""

    endpoint = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    rule = models.CharField(max_length=60)
    tokens = models.BigIntegerField(null=True)
    words = models.TextField(help_text="What the endpoint said, without keys")
    learnt_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["model", "id"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "model", "rule"], name="dialect_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.endpoint}: {self.rule}"
