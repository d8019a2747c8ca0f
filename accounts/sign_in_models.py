"""Where users are signed in."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from web.ids import uuid7


class SignIn(models.Model):
    """A browser that signed in. It is over once its session is gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)
    signed_in_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.device} at {self.address}"
