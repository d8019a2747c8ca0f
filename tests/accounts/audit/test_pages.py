"""Staff read all entries, everyone their own; nothing that a client sends breaks out of the log."""

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from django.test import Client

from accounts.audit.presenter import changes
from accounts.audit.record import record
from accounts.audit.selectors import PAGE
from accounts.audit_models import Action, AuditEntry
from accounts.models import ApiToken, User
from accounts.services import revoke_token

pytestmark = pytest.mark.django_db


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/audit/export.csv?{query}")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def as_staff(staff: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(staff)


def test_staff_filter_by_person_action_and_day(as_staff: Client, alice: User, bob: User) -> None:
    record(Action.PASSWORD_CHANGED, user_id=alice.pk)
    record(Action.PASSWORD_CHANGED, user_id=bob.pk)

    found = rows_of(as_staff, "who=ALICE@example.org&action=password_changed")
    assert [(row["action"], row["user"]) for row in found] == [("password_changed", alice.email)]
    assert rows_of(as_staff, "action=password_changed&last=2001-01-01") == []
    assert len(rows_of(as_staff, "action=password_changed&first=2001-01-01")) == 2


def test_a_filter_that_makes_no_sense_says_so(as_staff: Client) -> None:
    for query in (
        "who=nobody@example.org",
        "first=x",
        "address=x",
        "action=x",
        "who=%00",
        "before=x",
    ):
        answer = as_staff.get(f"/audit/?{query}")
        assert answer.status_code == 422, query


def test_pages_go_back_to_the_first_entry(as_staff: Client, alice: User) -> None:
    for _ in range(PAGE):
        record(Action.PASSWORD_CHANGED, user_id=alice.pk)
    first = as_staff.get("/audit/?who=alice@example.org")
    older = as_staff.get(f"/audit/?{first.context['older']}")

    shown = [row["entry"].pk for page in (first, older) for row in page.context["entries"]]
    stored = AuditEntry.objects.filter(user_id=alice.pk).values_list("pk", flat=True)
    assert shown == list(stored)
    assert not older.context["older"]


def test_everyone_reads_what_concerns_them_and_nothing_else(
    alice: User, bob: User, client_for: Callable[[User], Client]
) -> None:
    record(Action.PASSWORD_CHANGED, user_id=alice.pk)
    record(Action.TOKEN_REVOKED, user_id=bob.pk)
    answer = client_for(alice).get("/account/activity/")

    assert {row["entry"].user_id for row in answer.context["entries"]} == {alice.pk}
    assert "Password changed" in answer.content.decode()
    assert "API token revoked" not in answer.content.decode()


def test_a_formula_in_a_name_is_text_to_a_spreadsheet(as_staff: Client, alice: User) -> None:
    record(Action.TOKEN_CREATED, user_id=alice.pk, about=("=cmd|' /C calc'!A0", "1"))

    (row,) = rows_of(as_staff, "action=token_created")
    assert row["about"].startswith("'=")


def test_markup_in_a_device_or_a_name_is_text(as_staff: Client, alice: User) -> None:
    Client(headers={"User-Agent": "<script>alert(1)</script>"}).post(
        "/accounts/login/", {"login": alice.email, "password": "wrong"}
    )
    record(Action.TOKEN_CREATED, user_id=alice.pk, after={"name": "<img src=x>\n2026 signed_in"})
    page = as_staff.get("/audit/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert len(rows_of(as_staff, "action=token_created")) == 1


def test_a_deleted_user_is_still_found_by_id(as_staff: Client, bob: User) -> None:
    pk = bob.pk
    bob.delete()

    found = rows_of(as_staff, f"who={pk}&action=user_deleted")
    assert [row["user"] for row in found] == [f"user {pk}, deleted"]


def test_tokens_have_their_names(
    as_staff: Client, alice: User, client_for: Callable[..., Client]
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="nightly")
    record(Action.TOKEN_RESUMED, user_id=alice.pk, about=token)
    revoke_token(token=token)
    token_id = str(token.pk)
    after = {"pause_tokens": [token_id]}
    record(Action.ALERTS_CHANGED, user_id=alice.pk, before={"pause_tokens": []}, after=after)
    for client, url in (
        (as_staff, "/audit/"),
        (client_for(alice), "/account/activity/"),
        (as_staff, "/admin/accounts/auditentry/"),
    ):
        page = client.get(url).content.decode()
        assert "pause tokens: none → nightly" in page
        assert f"→ {token_id}" not in page
    page = as_staff.get("/audit/").content.decode()
    assert "“nightly”" in page
    assert token_id[:18] not in page
    ApiToken.objects.all().delete()
    page = as_staff.get("/audit/").content.decode()
    assert f"pause tokens: none → {token_id}" in page
    assert f"“{token_id}”" in page


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"kind": "totp"}, "kind: authenticator app"),
        ({"factor": "recovery_codes"}, "factor: recovery codes"),
        ({"what": '[{"changed": {"fields": ["Name"]}}]'}, "what: Changed Name."),
        ({"limit_usd": "0.000696000"}, "limit: $0.000696"),
        ({"expires_at": "2026-11-03T15:05:00+01:00"}, "expires at: 3 Nov 2026, 14:05 UTC"),
    ],
)
def test_a_change_is_said_in_words(after: dict[str, str], words: str) -> None:
    assert changes(None, after, {}) == [words]
