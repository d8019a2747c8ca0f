"""Prompt sets: texts that a user keeps under a name, in versions that never change."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from runs.prompt_texts import PromptTexts
from web.ids import uuid7

MAX_NAME = 80
MAX_NOTE = 200
AT = "@"


class PromptSetQuerySet(models.QuerySet["PromptSet"]):
    """Prompt sets by who may see them."""

    def visible_to(self, user: User) -> "PromptSetQuerySet":
        """All that this user may see; what is anyone else's doesn't exist for this user."""
        return self.filter(owner=user)


class PromptSet(models.Model):
    """A name for texts. Its name and its pattern stay as they are, so that runs can name it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=MAX_NAME)
    pattern = models.CharField(max_length=40, blank=True, help_text="Empty: for any pattern")
    latest = models.PositiveIntegerField(help_text="The number of its newest version")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["PromptSet"]] = PromptSetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="prompt_set_name")]

    def __str__(self) -> str:
        return self.name


class PromptSetVersion(models.Model):
    """What a set says under one number. An edit is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prompt_set = models.ForeignKey(
        PromptSet, models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    custom_instructions = models.TextField(blank=True)
    goals = models.JSONField(default=list)
    prompts = models.JSONField(default=dict)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["prompt_set", "number"], name="prompt_set_number")
        ]

    def __str__(self) -> str:
        return f"{self.prompt_set.name}{AT}{self.number}"

    @property
    def texts(self) -> PromptTexts:
        """What it says."""
        return PromptTexts(self.custom_instructions, tuple(self.goals), self.prompts)
