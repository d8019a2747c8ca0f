"""Prices that staff set."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.fields import unit_price_field
from web.wording import moment


class ModelPrice(models.Model):
    """Unit prices of a model from a moment on. They win over the bundled price library."""

    model = models.CharField(max_length=200)
    input_price = unit_price_field(help_text="US dollars per million fresh input tokens")
    cached_input_price = unit_price_field(null=True, blank=True, help_text="Empty: as fresh input")
    cache_write_price = unit_price_field(
        null=True,
        blank=True,
        help_text="Input that the provider stores in its cache. Empty: as fresh input",
    )
    output_price = unit_price_field(help_text="US dollars per million output tokens")
    effective_from = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["model", "-effective_from"]
        constraints = [
            models.UniqueConstraint("model", "effective_from", name="modelprice_unique"),
            models.CheckConstraint(
                condition=Q(input_price__gte=0, output_price__gte=0)
                & (Q(cached_input_price__gte=0) | Q(cached_input_price=None))
                & (Q(cache_write_price__gte=0) | Q(cache_write_price=None)),
                name="modelprice_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}, from {moment(self.effective_from)}"
