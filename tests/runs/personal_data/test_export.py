"""A user's data as a download: all of it, nothing of others, and no secret."""

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.audit_models import Action, AuditEntry
from accounts.models import ApiToken, Scope, User
from billing.models import LedgerEntry
from runs.models import RunEvent, Step, Webhook
from runs.personal_data import export
from runs.webhooks.services import create_webhook, send_test
from tests import journal
from tests.asgi import request, whole
from tests.factories import RunFactory, set_budget
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.django_db

URL = "/api/v1/me/data/"


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def token_key(alice: User) -> str:
    """Of Alice, who has something of everything."""
    for task in ("One.", "Two."):
        journal.succeed(RunFactory.create(owner=alice, task=task))
    prompt_set(alice, "polite")
    hook, _ = create_webhook(
        owner=alice, url="https://hooks.example.org/", events=["run.finished"], description="CI"
    )
    send_test(webhook=hook)
    token, key = ApiToken.objects.issue(user=alice, name="ci")
    set_budget(5, scope="user", user=alice)
    set_budget(2, scope="token", api_token=token)
    return key


def test_it_has_everything_and_counts_it(
    token_key: str, alice: User, api_for: Callable[..., APIClient]
) -> None:
    answer = api_for(alice).get(URL)
    assert f'filename="agentsite-user-{alice.pk}.jsonl"' in answer["Content-Disposition"]

    *lines, end = lines_of(body(answer))

    counted = Counter(line["record"] for line in lines)
    assert counted == {
        "export": 1, "profile": 1, "token": 2, "budget": 2, "prompt_set": 1,
        "prompt_set_version": 1, "webhook": 1, "webhook_message": 1, "run": 2,
        "step": Step.objects.count(), "event": RunEvent.objects.count(), "ledger_line": 4,
        "audit_entry": AuditEntry.objects.filter(user_id=alice.pk).count(),
    }  # fmt: skip
    assert end == {"record": "end", "lines": counted}
    runs = [line for line in lines if line["record"] == "run"]
    assert [run["task"] for run in runs] == ["One.", "Two."]
    assert {run["answer"] for run in runs} == {"42"}
    paid = sum(Decimal(line["amount"]) for line in lines if line["record"] == "ledger_line")
    assert paid == sum(Decimal(run["cost_usd"]) for run in runs)
    assert paid == sum(LedgerEntry.objects.values_list("amount", flat=True))


def test_it_has_no_secret(token_key: str, alice: User, api_for: Callable[..., APIClient]) -> None:
    text = body(api_for(alice).get(URL))

    secrets = [
        token_key,
        alice.password,
        *ApiToken.objects.values_list("digest", flat=True),
        *Webhook.objects.values_list("secret", flat=True),
    ]
    assert not [secret for secret in secrets if secret in text]


def test_it_has_nothing_of_others(
    token_key: str, bob: User, api_for: Callable[..., APIClient]
) -> None:
    lines = lines_of(body(api_for(bob).get(URL)))

    kinds = Counter(line["record"] for line in lines)
    entries = [line for line in lines if line["record"] == "audit_entry"]
    assert {line["user_id"] for line in entries} == {bob.pk}
    own = {"audit_entry": len(entries)}
    assert kinds == {"export": 1, "profile": 1, "token": 1, "end": 1, **own}


def test_many_rows_come_in_batches(
    token_key: str, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_export = list(export.exported(alice))
    monkeypatch.setattr(export, "RUNS_AT_A_TIME", 1)
    monkeypatch.setattr(export, "ROWS_AT_A_TIME", 2)

    assert [line["record"] for line in lines_of("".join(export.exported(alice)))] == [
        line["record"] for line in lines_of("".join(whole_export))
    ]


def test_a_token_needs_both_scopes(alice: User, api_for: Callable[..., APIClient]) -> None:
    for scope in (Scope.RUNS_READ, Scope.USAGE_READ):
        assert api_for(alice, [scope]).get(URL).status_code == 403


def test_staff_download_anyones(
    token_key: str, alice: User, staff: User, api_for: Callable[..., APIClient]
) -> None:
    mine = body(api_for(staff).get(f"/api/v1/admin/users/{alice.pk}/data/"))

    assert lines_of(mine)[0]["user"] == alice.email
    assert api_for(staff).get("/api/v1/admin/users/999999/data/").status_code == 404
    assert api_for(alice).get(f"/api/v1/admin/users/{alice.pk}/data/").status_code == 403


def test_the_account_page_has_the_link(alice: User, client_for: Callable[[User], Client]) -> None:
    page = client_for(alice).get("/account/").content.decode()

    assert f'href="{URL}"' in page
    assert 'href="/account/delete/"' in page


def test_the_command_writes_the_same(token_key: str, alice: User, tmp_path: Path) -> None:
    out, file = StringIO(), tmp_path / "alice.jsonl"
    call_command("export_user", user=alice.email, stdout=out)
    call_command("export_user", user=alice.email, out=file, stdout=StringIO())

    printed, written = lines_of(out.getvalue()), lines_of(file.read_text())
    # The second one tells of the first one, too.
    differing = ("export", "audit_entry", "end")
    same = [[row for row in rows if row["record"] not in differing] for rows in (printed, written)]
    assert same[0] == same[1]
    assert printed[-1]["record"] == written[-1]["record"] == "end"
    told = AuditEntry.objects.filter(action="data_downloaded", via="command", user_id=alice.pk)
    assert told.count() == 2
    with pytest.raises(CommandError, match="there is no user"):
        call_command("export_user", user="nobody@example.org")


@pytest.mark.django_db(transaction=True)
async def test_an_awaiting_server_sends_it_part_by_part(
    token_key: str, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.downloads.AT_A_TIME", 5)
    sent = request(token_key, "GET", URL, accept="application/jsonl")
    await sent.send_input({"type": "http.request", "body": b""})
    parts: list[bytes] = []
    answer = await whole(sent, parts.append)

    assert answer.status == 200
    assert lines_of(answer.body.decode())[-1]["record"] == "end"
    assert len(parts) > 3


def test_staff_need_the_right_to_change_users_and_are_recorded(
    token_key: str, alice: User, bob: User, staff: User, api_for: Callable[..., APIClient]
) -> None:
    """It has all tasks and answers, which other doors show to nobody else."""
    bob.is_staff = True
    bob.save()
    url = f"/api/v1/admin/users/{alice.pk}/data/"
    refused = api_for(bob).get(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert not AuditEntry.objects.filter(action=Action.DATA_DOWNLOADED).exists()

    bob.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert api_for(bob).get(url).status_code == 200
    assert api_for(bob).get(f"/api/v1/admin/users/{staff.pk}/data/").status_code == 403
    entry = AuditEntry.objects.get(action=Action.DATA_DOWNLOADED)
    assert (entry.actor_id, entry.user_id) == (bob.pk, alice.pk)
