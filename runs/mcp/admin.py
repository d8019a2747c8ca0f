"""MCP servers in the admin. A token can be set and taken away, and is never shown."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminPasswordWidget

from runs.engine.tools.web.places import Place, place_fault
from runs.mcp.refresh import refresh
from runs.models.tools import McpServer, McpTool
from runs.sealing import MCP_TOKENS
from web.admin import SiteAdmin
from web.admin.columns import badge, column, moment

MAX_TOKEN_CHARS = 4000


class McpServerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A server; its token is only ever written."""

    new_token = forms.CharField(
        label="Token",
        required=False,
        max_length=MAX_TOKEN_CHARS,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Sent as a bearer token, to this address alone. Left empty: it stays as it is.",
    )
    no_token = forms.BooleanField(label="Take the token away", required=False)

    def clean_new_token(self) -> str:
        """A token that a header can have."""
        token = str(self.cleaned_data["new_token"]).strip()
        if not token.isascii() or not token.isprintable():
            raise forms.ValidationError("A token has only printable ASCII characters.")
        return token

    def clean(self) -> dict[str, Any]:
        """Where no server may be."""
        cleaned: dict[str, Any] = super().clean() or {}
        url, internal = cleaned.get("url", ""), cleaned.get("internal", False)
        place = Place(url, internal, settings.TOOL_CLOSED_NAMES)
        if url and (fault := place_fault(place)):
            self.add_error("url", fault)
        moved = self.instance.pk and "url" in self.changed_data and self.instance.token
        if moved and not (cleaned.get("new_token") or cleaned.get("no_token")):
            self.add_error("new_token", "At another address, the token has to be set anew.")
        return cleaned


class McpToolInline(TabularInline):  # type: ignore[misc]
    """What a server listed, and what staff say of it."""

    model = McpTool
    extra = 0
    can_delete = False
    hide_title = True
    fields = ["call_name", "label", "description", "state", "allowed", "effect_by_staff"]
    readonly_fields = ["call_name", "label", "description", "state"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a server lists its tools."""
        return False

    @admin.display(description="State")
    def state(self, tool: McpTool) -> str:
        """Whether it can be used."""
        if not tool.listed:
            return "No longer listed"
        return tool.fault or ("Called read-only by the server" if tool.reads else "Listed")


def _state(server: McpServer) -> str:
    if not server.enabled:
        return badge("Off")
    return badge("Fault", "bad") if server.fault else badge("On", "ok")


@admin.register(McpServer)
class McpServerAdmin(SiteAdmin):
    """Servers, with the tools that they listed."""

    form = McpServerForm
    inlines = [McpToolInline]
    actions = ["read_again"]
    empty_text = "Add a server of tools, and runs may be given what it lists."
    list_display = [
        "label",
        "key",
        "url",
        column("state", "State", _state),
        moment("listed_at", "List was read"),
        "fault",
    ]
    readonly_fields = ["has_token", "listed_at", "protocol", "left_out", "fault"]
    fieldsets = [
        (None, {"fields": ["label", "key", "url", "enabled"]}),
        ("Token", {"fields": ["has_token", "new_token", "no_token"]}),
        ("Trust", {"fields": ["internal", "trusted"]}),
        ("Its list of tools", {"fields": ["listed_at", "protocol", "left_out", "fault"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: McpServer | None = None) -> list[str]:
        """The key stays: the names of the tools in runs begin with it."""
        return [*self.readonly_fields, *(["key"] if obj else [])]

    @admin.display(description="Token is set", boolean=True)
    def has_token(self, server: McpServer) -> bool:
        """Whether there is one."""
        return bool(server.token)

    def save_model(self, request: HttpRequest, obj: McpServer, form: Any, change: bool) -> None:
        """Seal the token, save, and read the list where anything about it changed."""
        if token := form.cleaned_data["new_token"]:
            obj.token = MCP_TOKENS.seal(token)
        elif form.cleaned_data["no_token"]:
            obj.token = ""
        super().save_model(request, obj, form, change)
        if obj.enabled and form.changed_data:
            self._read(request, obj)

    @admin.action(description="Read the list of tools again", permissions=["change"])
    def read_again(self, request: HttpRequest, chosen: QuerySet[McpServer]) -> None:
        """Ask the chosen servers now."""
        for server in chosen:
            self._read(request, server)

    def _read(self, request: HttpRequest, server: McpServer) -> None:
        refresh(server)
        if server.fault:
            messages.warning(request, f"{server}: {server.fault}")
            return
        count = server.tools.filter(listed=True).count()
        messages.success(request, f"{server} lists {count} tool{'' if count == 1 else 's'}.")
