"""Lists of tools: kept while they are fresh, and what staff said of a tool stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agentsite.local.ports import free_port
from runs.engine.tools.mcp.listing import Listing, Offered
from runs.mcp import refresh as refreshing
from runs.mcp.refresh import LEAST, MOST, USUAL, refresh, refresh_stale
from runs.models.tools import McpServer, McpTool
from runs.tasks import refresh_mcp_servers
from tests.mcp_server import MODERN, Site
from tests.runs.mcp.servers import set_up

pytestmark = pytest.mark.django_db


def offered(name: str, **fields: object) -> Offered:
    return Offered(name, name, "", {"type": "object"}, None, False, **fields)  # type: ignore[arg-type]


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> list[Listing]:
    """What servers list, one after the other."""
    answers: list[Listing] = []

    async def listed(server: object) -> Listing:
        return answers.pop(0)

    monkeypatch.setattr(refreshing, "list_tools", listed)
    return answers


@pytest.fixture
def server() -> McpServer:
    return McpServer.objects.create(key="w", label="W", url="https://example.org/mcp")


def test_the_tools_of_a_real_server_are_kept(site: Site):
    server = set_up(site, trusted=True)
    assert (server.fault, server.protocol, server.left_out) == ("", MODERN, 0)
    tools = {tool.call_name: tool for tool in server.tools.all()}
    assert tools["w__add"].label == "Add numbers"
    assert tools["w__add"].effect == "read"
    assert tools["w__forget"].effect == "unknown"
    assert tools["w__weather"].output_schema is not None
    assert ("authorization", "Bearer s3cret") in site.asked[-1][2].items()


def test_hints_count_only_where_they_are_trusted_and_staff_have_the_last_word(site: Site):
    server = set_up(site)
    tool = server.tools.get(call_name="w__add")
    assert tool.effect == "unknown"
    tool.effect_by_staff = McpTool.Effect.WRITE
    tool.server.trusted = True
    assert tool.effect == "write"


def test_a_server_that_is_away_says_so_and_keeps_its_tools(site: Site):
    server = set_up(site)
    server.url = f"http://127.0.0.1:{free_port()}/mcp"
    refresh(server)
    server.refresh_from_db()
    assert "can't be reached" in server.fault
    assert server.tools.filter(listed=True).exists()


def test_a_token_that_can_not_be_read_is_a_fault(site: Site, settings):
    server = set_up(site)
    settings.SECRET_KEY = "another" * 8
    refresh(server)
    assert "can't be read any more" in server.fault


def test_what_staff_said_stays_while_the_list_changes(server, lists):
    first, gone = offered("a"), offered("b")
    lists += [Listing((first, gone), None, MODERN), Listing((first,), None, MODERN)]
    refresh(server)
    server.tools.filter(name="b").update(allowed=False)
    server.tools.filter(name="a").update(effect_by_staff="read")
    refresh(server)
    kept = {tool.name: (tool.listed, tool.allowed, tool.effect) for tool in server.tools.all()}
    assert kept == {"a": (True, True, "read"), "b": (False, False, "unknown")}
    assert [tool.name for tool in McpTool.objects.usable()] == ["a"]


def test_a_tool_that_can_not_be_used_is_kept_without_its_schema(server, lists):
    lists.append(Listing((offered("a", fault="Too long."),), None, MODERN))
    refresh(server)
    tool = server.tools.get()
    assert (tool.fault, tool.schema) == ("Too long.", {})
    assert not McpTool.objects.usable().exists()


def test_two_tools_never_share_a_name(server, lists):
    lists.append(Listing((offered("a b"),), None, MODERN))
    refresh(server)
    called = server.tools.get().call_name
    lists.append(Listing((offered(called.removeprefix("w__")), offered("a b")), None, MODERN))
    refresh(server)
    assert server.tools.get(name="a b").call_name == called


@pytest.mark.parametrize(
    ("ttl_s", "life"), [(None, USUAL), (0.5, LEAST), (600, timedelta(minutes=10)), (1e12, MOST)]
)
def test_a_list_is_read_again_when_its_time_is_over(server, lists, ttl_s, life):
    lists.append(Listing((), ttl_s, MODERN))
    refresh_mcp_servers()
    server.refresh_from_db()
    assert abs(server.stale_at - timezone.now() - life) < timedelta(seconds=50)
    refresh_mcp_servers()


def test_a_server_that_is_switched_off_is_not_asked(server, lists):
    McpServer.objects.update(enabled=False)
    refresh_stale()
    assert McpServer.objects.get().listed_at is None
