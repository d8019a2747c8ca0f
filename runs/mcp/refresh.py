"""Reading anew which tools the servers offer, when what is known is no longer fresh."""

import asyncio
import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from runs.engine.tools.mcp.listing import Listing, Offered, list_tools
from runs.engine.tools.mcp.names import names
from runs.engine.tools.tool import ToolError
from runs.mcp.servers import FIELDS, server_of
from runs.models.tools import McpServer, McpTool

# A server says for how long its list holds; within these.
LEAST = timedelta(minutes=1)
USUAL = timedelta(minutes=15)
MOST = timedelta(days=1)
AFTER_A_FAULT = timedelta(minutes=5)
# So long nobody else reads the list of a server whose list is being read.
CLAIM = timedelta(minutes=2)
MAX_AT_ONCE = 20

logger = logging.getLogger(__name__)


def refresh_stale() -> None:
    """Read the lists that are no longer fresh, side by side."""
    now = timezone.now()
    due = McpServer.objects.filter(enabled=True, stale_at__lte=now)
    keys = list(due.values_list("pk", flat=True)[:MAX_AT_ONCE])
    mine = [pk for pk in keys if due.filter(pk=pk).update(stale_at=now + CLAIM)]
    servers = list(McpServer.objects.filter(pk__in=mine))
    for server, found in zip(servers, asyncio.run(_lists(servers)), strict=True):
        _keep(server, found)


def refresh(server: McpServer) -> None:
    """Read the list of one server now. What goes wrong is its `fault`."""
    (found,) = asyncio.run(_lists([server]))
    _keep(server, found)


async def _lists(servers: list[McpServer]) -> list[Listing | ToolError]:
    return await asyncio.gather(*(_list(server) for server in servers))


async def _list(server: McpServer) -> Listing | ToolError:
    try:
        return await list_tools(server_of(*(getattr(server, field) for field in FIELDS)))
    except ToolError as error:
        return error
    except Exception:
        logger.exception("list of tools can't be read", extra={"server": server.key})
        return ToolError("The server doesn't keep to the protocol.")


def _keep(server: McpServer, found: Listing | ToolError) -> None:
    """What was found, with which tools there are; a server that fails keeps those that it had."""
    now = timezone.now()
    if isinstance(found, ToolError):
        server.fault, server.stale_at = str(found), now + AFTER_A_FAULT
        server.save(update_fields=["fault", "stale_at"])
        return
    life = USUAL if found.ttl_s is None else timedelta(seconds=min(found.ttl_s, 10**6))
    server.fault, server.protocol, server.left_out = "", found.protocol, found.left_out
    server.listed_at, server.stale_at = now, now + min(max(life, LEAST), MOST)
    with transaction.atomic():
        server.save(update_fields=["fault", "protocol", "left_out", "listed_at", "stale_at"])
        _keep_tools(server, found.tools)


def _keep_tools(server: McpServer, tools: tuple[Offered, ...]) -> None:
    """A row for each tool. Those that are gone stay, with what staff said of them."""
    taken = dict(server.tools.values_list("call_name", "name"))
    server.tools.update(listed=False)
    for call_name, tool in zip(names(server.key, (one.name for one in tools)), tools, strict=True):
        if taken.setdefault(call_name, tool.name) != tool.name:
            continue
        McpTool.objects.update_or_create(
            server=server,
            name=tool.name,
            defaults={
                "call_name": call_name,
                "label": tool.label,
                "description": tool.description,
                "schema": {} if tool.fault else tool.schema,
                "output_schema": None if tool.fault else tool.output_schema,
                "reads": tool.reads,
                "fault": tool.fault,
                "listed": True,
            },
        )
