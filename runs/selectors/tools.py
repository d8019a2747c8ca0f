"""Which tools a run may use on this site, and how those of MCP servers are declared."""

from collections.abc import Collection, Iterable

from django.conf import settings

from runs.engine.tools.mcp.declared import Declared
from runs.engine.tools.registry import offered
from runs.engine.tools.tool import Tool
from runs.models.tools import ForbiddenTool, McpTool


def own_tools(forbidden: Collection[str] | None = None) -> dict[str, Tool]:
    """The site's own tools that are set up and allowed, in the order in which they are offered.

    `forbidden` are the names that staff forbid, where they are known.
    """
    if forbidden is None:
        forbidden = forbidden_tools()
    found = offered(settings.TOOL_SECRETS)
    return {name: tool for name, tool in found.items() if name not in forbidden}


def forbidden_tools() -> dict[str, str]:
    """The names of the tools that staff forbid, each with their reason."""
    return dict(ForbiddenTool.objects.values_list("name", "reason"))


def servers_tools(names: Iterable[str] | None = None) -> dict[str, Declared]:
    """The tools of MCP servers that may be used, by the name under which a model calls them."""
    tools = McpTool.objects.usable()
    if names is not None:
        tools = tools.filter(call_name__in=names)
    return {tool.call_name: declared(tool) for tool in tools}


def declared(tool: McpTool) -> Declared:
    """A tool as it was listed, as runs keep it."""
    return Declared(
        server=tool.server.key,
        name=tool.name,
        label=tool.label,
        description=tool.description,
        schema=tool.schema,
        output_schema=tool.output_schema,
        effect=tool.effect,
    )


def server_labels() -> dict[str, str]:
    """What each MCP server is called."""
    return dict(McpTool.objects.usable().values_list("server__key", "server__label"))
