"""Which tools this site has: what staff forbid, and MCP servers with the tools that they listed."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

MAX_KEY_CHARS = 24
# Two underscores divide a server's key from its tool's name.
KEY = RegexValidator(
    r"^[a-z0-9]+([-_][a-z0-9]+)*\Z", "Small letters and digits, with single - or _ between them."
)


class ForbiddenTool(models.Model):
    """A tool of this site that no run may use. All others are allowed."""

    name = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Users read it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class McpServer(models.Model):
    """A server of other tools. Its token is sealed, and is sent to its own address alone."""

    key = models.CharField(
        max_length=MAX_KEY_CHARS,
        unique=True,
        validators=[KEY],
        help_text="The names of its tools begin with it.",
    )
    label = models.CharField(max_length=60)
    url = models.CharField("URL", max_length=500, help_text="Of its endpoint for streamable HTTP.")
    token = models.TextField(blank=True, editable=False)
    internal = models.BooleanField(
        default=False, help_text="It may have a private address, and be reached without https."
    )
    trusted = models.BooleanField(
        "trust its hints",
        default=False,
        help_text="A tool that it calls read-only counts as one that changes nothing.",
    )
    enabled = models.BooleanField(default=True)
    listed_at = models.DateTimeField(null=True, editable=False)
    stale_at = models.DateTimeField(db_default=Now(), editable=False)
    protocol = models.CharField(max_length=20, blank=True, editable=False)
    left_out = models.PositiveIntegerField(default=0, editable=False)
    fault = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["key"]
        verbose_name = "MCP server"

    def __str__(self) -> str:
        return self.label


class McpToolQuerySet(models.QuerySet["McpTool"]):
    """Tools of servers."""

    def usable(self) -> "McpToolQuerySet":
        """Those that a run may be given now."""
        return self.filter(
            Q(server__enabled=True, listed=True, allowed=True, fault="")
        ).select_related("server")


class McpTool(models.Model):
    """A tool as its server declared it last, and what staff say of it."""

    class Effect(models.TextChoices):
        """What a call may do to the world."""

        __empty__ = "By its server’s hint"
        READ = "read", "Only reads"
        WRITE = "write", "Changes something"

    server = models.ForeignKey(McpServer, models.CASCADE, related_name="tools")
    name = models.CharField(max_length=200, editable=False)
    call_name = models.CharField(max_length=64, unique=True, editable=False)
    label = models.CharField(max_length=100, editable=False)
    description = models.TextField(blank=True, editable=False)
    schema = models.JSONField(default=dict, editable=False)
    output_schema = models.JSONField(null=True, editable=False)
    reads = models.BooleanField(default=False, editable=False)
    fault = models.TextField(blank=True, editable=False)
    listed = models.BooleanField(default=True, editable=False)
    allowed = models.BooleanField(default=True)
    effect_by_staff = models.CharField(
        "what it does", max_length=5, blank=True, choices=Effect.choices
    )

    objects = McpToolQuerySet.as_manager()

    class Meta:
        ordering = ["server__key", "call_name"]
        verbose_name = "MCP tool"
        constraints = [
            models.UniqueConstraint(fields=["server", "name"], name="mcp_tool_unique"),
        ]

    def __str__(self) -> str:
        return self.call_name

    @property
    def effect(self) -> Any:
        """As staff say; else by the server's hint, where that is trusted; else unknown."""
        if self.effect_by_staff:
            return self.effect_by_staff
        return "read" if self.server.trusted and self.reads else "unknown"
