"""What a model's calls taught about their bounds and their caps."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

MAX_FACTOR = 100


class ModelSafety(models.Model):
    """What is known of a model at a provider: whether it keeps its output cap, and by how much more
    is held for it since a call cost more than its hold.
    """

    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    factor = models.DecimalField(
        max_digits=8,
        decimal_places=4,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_FACTOR)],
        help_text="The bound of a call's input tokens is multiplied by this",
    )
    ignores_cap = models.BooleanField(
        db_default=False,
        help_text="It wrote far more than it was allowed to: not called under a hard limit",
    )
    keeps_cap = models.BooleanField(
        db_default=False,
        help_text="An answer ended by itself within its cap; until one has, a hard limit lets "
        "one call at a time find out",
    )
    overruns = models.PositiveIntegerField(db_default=0)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["provider", "model"]
        verbose_name_plural = "model safety"
        constraints = [
            models.UniqueConstraint(fields=["provider", "model"], name="safety_unique"),
            models.CheckConstraint(
                condition=Q(factor__gte=1, factor__lte=MAX_FACTOR), name="safety_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.provider}"
