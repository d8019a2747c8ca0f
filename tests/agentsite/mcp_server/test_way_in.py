"""Who may speak to `/mcp`, from where, and how; and what the others are told."""

import json
from typing import Any

import pytest

from accounts.models import ApiToken
from accounts.services import revoke_token
from runs.models import Run
from tests.mcp_messages import HOST, LEGACY, MODERN, message, reply_in

pytestmark = pytest.mark.django_db(transaction=True)
METADATA = f"{HOST}/.well-known/oauth-protected-resource/mcp"
VERSIONS = pytest.mark.parametrize("version", [LEGACY, MODERN])


def listing(version: str):
    body, headers = message(version, "tools/list")
    return json.dumps(body), headers


@VERSIONS
@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_a_token_lets_in(send, key, version, scheme) -> None:
    body, headers = listing(version)

    answer = send(body, **headers, authorization=f"{scheme} {key}")

    assert answer.status_code == 200
    assert len(reply_in(answer)["result"]["tools"]) == 6


@VERSIONS
def test_nobody_is_told_where_to_read_how(send, version) -> None:
    body, headers = listing(version)

    answer = send(body, **headers, authorization=None)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{METADATA}"'


def test_a_token_that_is_no_longer_valid_is_named_as_the_error(send) -> None:
    revoke_token(token=ApiToken.objects.get())

    answer = send()

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_browsers_session_is_nobody_here(send, client, alice) -> None:
    client.force_login(alice)

    answer = send(authorization=None, cookie=client.cookies.output(header="", sep=";"))

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://testserver.evil.example", "http://["]
)
def test_another_sites_page_is_refused(send, origin) -> None:
    body, headers = listing(MODERN)

    answer = send(body, **headers, origin=origin)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_our_own_pages_may_speak(send) -> None:
    body, headers = listing(MODERN)

    assert send(body, **headers, origin=HOST).status_code == 200


def test_another_name_is_refused_as_everywhere(send, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]

    assert send(host="rebound.example").status_code == 400


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_session_to_open_or_to_end(send, method) -> None:
    answer = send(method=method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_body_that_is_too_long_is_refused(send, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 500
    body, headers = message(MODERN, "tools/call", name="estimate", arguments={"task": "x" * 600})

    assert send(body, **headers).status_code == 413


@VERSIONS
def test_what_is_not_json_is_a_parse_error(send, version) -> None:
    answer = send(b'{"jsonrpc": ', mcp_protocol_version=version)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)


@VERSIONS
def test_batches_are_of_no_version_that_is_spoken(send, version) -> None:
    one, headers = message(version, "tools/list")

    answer = send(json.dumps([one, one]), **headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (-32600, -32602)


@VERSIONS
@pytest.mark.parametrize("method", ["prompts/list", "no/such", "tasks/delete"])
def test_an_unknown_method_is_not_found(ask, version, method) -> None:
    assert ask(version, method)["error"]["code"] == -32601


def test_a_version_that_is_not_spoken_is_told_which_are(ask) -> None:
    error = ask("2031-01-01", "tools/list")["error"]

    assert error["code"] == -32022
    assert error["data"]["supported"] == [MODERN]


@VERSIONS
def test_bad_parameters_are_named_as_such(ask, version) -> None:
    assert ask(version, "tools/call", arguments={})["error"]["code"] == -32602
    assert ask(version, "tools/call", name="no_such_tool")["error"]["code"] == -32602


def test_the_resource_describes_itself(client, settings) -> None:
    for address in (METADATA, METADATA.removesuffix("/mcp")):
        found = client.get(address.removeprefix(HOST)).json()
        assert found["resource"] == f"{HOST}/mcp"
        assert "runs:write" in found["scopes_supported"]
        assert "authorization_servers" not in found
    settings.MCP_AUTHORIZATION_SERVERS = ["https://login.example.org"]
    found = client.get(METADATA.removeprefix(HOST)).json()
    assert found["authorization_servers"] == ["https://login.example.org"]


def test_it_says_what_it_can_do_in_each_version(ask) -> None:
    old = ask(
        LEGACY,
        "initialize",
        protocolVersion=LEGACY,
        capabilities={},
        clientInfo={"name": "test", "version": "1"},
    )["result"]
    assert old["protocolVersion"] == LEGACY
    assert old["capabilities"]["tasks"] == {
        "list": {},
        "cancel": {},
        "requests": {"tools": {"call": {}}},
    }
    new = ask(MODERN, "server/discover")["result"]
    assert new["supportedVersions"] == [MODERN]
    assert new["capabilities"]["extensions"] == {"io.modelcontextprotocol/tasks": {}}


@VERSIONS
def test_the_trace_of_a_client_goes_on_in_the_run(ask, send, version) -> None:
    outer = f"00-{'a' * 32}-{'b' * 16}-01"
    inner = f"00-{'a' * 32}-{'c' * 16}-01"
    call: dict[str, Any] = {"name": "submit_task", "arguments": {"task": "x", "wait": 0}}

    ask(version, "tools/call", **call, _meta={"traceparent": inner})
    body, headers = message(version, "tools/call", **call)
    send(body, **headers, traceparent=outer)

    traces = Run.objects.order_by("id").values_list("traceparent", flat=True)
    assert list(traces) == [inner, outer]
