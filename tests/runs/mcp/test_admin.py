"""MCP servers in the admin: set up, tokens that are never shown, and what staff say of tools."""

import pytest
from django.urls import reverse

from runs.models.tools import McpServer
from runs.sealing import MCP_TOKENS
from tests.mcp_server import Site
from tests.runs.mcp.servers import set_up

pytestmark = pytest.mark.django_db
ADD = reverse("admin:runs_mcpserver_add")
LIST = reverse("admin:runs_mcpserver_changelist")
INLINE = {"tools-TOTAL_FORMS": "0", "tools-INITIAL_FORMS": "0"}


def fields(site: Site, **changes: str) -> dict[str, str]:
    whole = {"key": "w", "label": "Weather", "url": site.url, "internal": "on", "enabled": "on"}
    return {**INLINE, **whole, **changes}


def change(server: McpServer) -> str:
    return reverse("admin:runs_mcpserver_change", args=[server.pk])


@pytest.fixture
def client(client_for, staff):
    return client_for(staff)


def test_a_new_server_is_asked_for_its_tools_at_once(client, site: Site):
    answer = client.post(ADD, fields(site, new_token="s3cret"), follow=True)
    server = McpServer.objects.get()
    assert MCP_TOKENS.unseal(server.token) == "s3cret"
    assert f"Weather lists {server.tools.count()} tools." in answer.content.decode()


def test_a_token_is_never_shown(client, site: Site):
    server = set_up(site)
    for page in (change(server), LIST, reverse("admin:runs_mcpserver_history", args=[server.pk])):
        shown = client.get(page).content.decode()
        assert "s3cret" not in shown
        assert server.token not in shown


def test_an_empty_token_stays_and_one_can_be_taken_away(client, site: Site):
    server = set_up(site)
    client.post(change(server), fields(site, label="Sky"))
    server.refresh_from_db()
    assert (server.label, MCP_TOKENS.unseal(server.token)) == ("Sky", "s3cret")
    client.post(change(server), fields(site, no_token="on"))
    server.refresh_from_db()
    assert server.token == ""


def test_a_token_does_not_go_to_another_address(client, site: Site):
    server = set_up(site)
    answer = client.post(change(server), fields(site, url=site.url + "2"))
    assert "the token has to be set anew" in answer.content.decode()
    server.refresh_from_db()
    assert server.url == site.url


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://example.org/mcp", "internal": ""}, "without https"),
        ({"url": "https://10.0.0.1/mcp", "internal": ""}, "private"),
        ({"url": "http://169.254.169.254/mcp"}, "link-local"),
        ({"key": "a__b"}, "Small letters and digits"),
        ({"new_token": "tökèn"}, "printable ASCII"),
    ],
)
def test_what_can_not_be_set_up_is_said(client, site: Site, changes, said):
    sent = {name: value for name, value in fields(site, **changes).items() if value}
    answer = client.post(ADD, sent)
    assert said in answer.content.decode()
    assert not McpServer.objects.exists()


def test_staff_say_of_each_tool_whether_it_is_allowed_and_what_it_does(client, site: Site):
    server = set_up(site)
    tools = list(server.tools.order_by("server__key", "call_name"))
    rows = {"tools-TOTAL_FORMS": str(len(tools)), "tools-INITIAL_FORMS": str(len(tools))}
    for place, tool in enumerate(tools):
        rows |= {f"tools-{place}-id": str(tool.pk), f"tools-{place}-server": str(server.pk)}
        if tool.name != "forget":
            rows[f"tools-{place}-allowed"] = "on"
        if tool.name == "weather":
            rows[f"tools-{place}-effect_by_staff"] = "read"
    assert client.post(change(server), fields(site, **rows)).status_code == 302
    said = {tool.name: (tool.allowed, tool.effect) for tool in server.tools.all()}
    assert said["forget"] == (False, "unknown")
    assert said["weather"] == (True, "read")
    assert said["add"] == (True, "unknown")


def test_the_list_is_read_again_when_staff_want_it(client, site: Site):
    server = set_up(site)
    server.tools.all().delete()
    sent = {"action": "read_again", "_selected_action": str(server.pk)}
    answer = client.post(LIST, sent, follow=True)
    assert "Weather lists" in answer.content.decode()
    assert server.tools.exists()
