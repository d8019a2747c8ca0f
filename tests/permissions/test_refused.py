"""A token with something against it is told so at every door, in that door's own words."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.utils import timezone

from accounts.deletion import delete_account
from accounts.models import ApiToken, User
from accounts.services import revoke_token, switch_off
from agentsite.asgi import application
from runs.alert_models import TokenGuard
from runs.feed import consumer
from runs.intake.database import close
from runs.models import Run
from tests.factories import RunFactory, set_budget
from tests.mcp_messages import HOST, MODERN, message, reply_in
from tests.sockets import outcome

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "What is 6 times 7?"
CHAT = {"model": "react", "messages": [{"role": "user", "content": TASK}]}
SUBMITS: dict[str, tuple[str, dict[str, Any]]] = {
    "api": ("/api/v1/runs/", {"task": TASK}),
    "api, by Django": ("/api/v1/runs/?wait=1", {"task": TASK}),
    "agent": ("/agent/run", {"task": TASK}),
    "agent, later": ("/agent/run/async", {"task": TASK}),
    "chat": ("/v1/chat/completions", CHAT),
    "chat, streamed": ("/v1/chat/completions", {**CHAT, "stream": True}),
    "responses": ("/v1/responses", {"model": "react", "input": TASK}),
}


def pause(alice: User, token: ApiToken) -> None:
    TokenGuard.objects.create(token=token, paused_at=timezone.now())


def expire(alice: User, token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(days=1))


def spend_all(alice: User, token: ApiToken) -> None:
    set_budget("0.0000001", scope="user", user=alice)


def submit_too_often(alice: User, token: ApiToken) -> None:
    User.objects.filter(pk=alice.pk).update(submits_per_minute=0)


# What is against it; what programs are told; how a WebSocket and a reading request fare.
AGAINST: dict[str, tuple[Callable[[User, ApiToken], Any], int, str, str, int]] = {
    "paused": (pause, 403, "token_paused", "open", 200),
    "over its user's limit": (submit_too_often, 429, "rate_limited", "open", 200),
    "without money": (spend_all, 402, "budget_exceeded", "open", 200),
    "expired": (expire, 401, "not_authenticated", "4401", 401),
    "revoked": (lambda alice, token: revoke_token(token=token), 401, "not_authenticated", "4401",
                401),
    "of a user who is switched off": (
        lambda alice, token: switch_off(user=alice), 401, "not_authenticated", "4401", 401,
    ),
    "of a user who was deleted": (
        lambda alice, token: delete_account(user=alice), 401, "not_authenticated", "4401", 401,
    ),
}  # fmt: skip
OF_OPENAI = {
    "budget_exceeded": "insufficient_quota",
    "not_authenticated": "invalid_api_key",
    "rate_limited": "rate_limit_exceeded",
}


@pytest.mark.parametrize("what", AGAINST)
def test_every_door_says_what_is_against_a_token(
    alice: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(consumer, "SIGN_IN_S", 0)
    done, status, code, socket, reading = AGAINST[what]
    token, key = ApiToken.objects.issue(user=alice, name="k")
    watched = RunFactory.create(owner=alice)
    done(alice, token)

    found = asyncio.run(_asked(key, f"/ws/runs/{watched.pk}/"))

    told = {door: (status, code) for door in SUBMITS} | {"mcp": (status, code)}
    for door in ("chat", "chat, streamed", "responses"):
        told[door] = (status, OF_OPENAI.get(code, code))
    assert found == {**told, "socket": socket, "reading": reading}
    assert Run.objects.exclude(pk=watched.pk).count() == 0


async def _asked(key: str, socket: str) -> dict[str, Any]:
    """What each door answers, in one event loop."""
    asgi: Any = application
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx2.ASGITransport(asgi)
    try:
        async with httpx2.AsyncClient(
            transport=transport, base_url=HOST, headers=headers
        ) as client:
            found: dict[str, Any] = {
                door: _said(await client.post(path, json=body))
                for door, (path, body) in SUBMITS.items()
            }
            found["mcp"] = await _by_mcp(client)
            found["reading"] = (await client.get("/api/v1/me/")).status_code
        header = (b"authorization", f"Token {key}".encode())
        return {**found, "socket": await outcome(socket, [header])}
    finally:
        await close()


def _said(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body["error"]["code"] if "error" in body else body["code"]


async def _by_mcp(client: httpx2.AsyncClient) -> tuple[int, str]:
    """A token that lets nobody in gets no answer of the protocol; else the model is told."""
    body, headers = message(
        MODERN, "tools/call", name="submit_task", arguments={"task": TASK, "wait": 0}
    )
    answer = await client.post(
        "/mcp",
        content=json.dumps(body),
        headers={
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
    if answer.status_code != 200:
        return _said(answer)
    result = reply_in(answer)["result"]
    assert result["isError"]
    problem = result["_meta"]["problem"]
    assert problem["detail"] in result["content"][0]["text"]
    return problem["status"], problem["code"]
