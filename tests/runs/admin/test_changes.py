"""Whatever is changed in the admin, by whomever, is in the audit log."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client

from accounts.audit_models import AuditEntry
from accounts.models import ApiToken, User
from billing.models import Budget, LedgerEntry, ModelPrice, ModelSafety
from runs.models import Customer, DialectRule, ForbiddenTool, McpServer
from runs.webhook_models import InternalReceiver, Webhook
from tests.runs.admin.addresses import address
from tests.runs.admin.rows import Rows

# What the forms take; a change is the same with the second set.
FORMS: dict[type[Model], tuple[dict[str, Any], dict[str, Any]]] = {
    User: (
        {
            "email": "new@example.org", "name": "New", "usable_password": "true",
            "password1": "correct horse 27", "password2": "correct horse 27",
        },
        {"email": "alice@example.org", "name": "Alicia", "is_active": "on"},
    ),
    Group: ({"name": "Finance"}, {"name": "Help"}),
    Budget: (
        {"scope": "site", "period": "day", "timezone": "UTC", "limit_usd": "5", "hard": "on"},
        {"limit_usd": "6"},
    ),
    ModelPrice: (
        {"model": "m", "input_price": "1", "output_price": "2",
         "effective_from_0": "2026-01-01", "effective_from_1": "00:00:00"},
        {"model": "house-model", "input_price": "3", "output_price": "4",
         "effective_from_0": "2026-01-01", "effective_from_1": "00:00:00"},
    ),
    ModelSafety: (
        {"provider": "openai", "model": "other", "factor": "2"},
        {"provider": "openai", "model": "greedy", "factor": "1"},
    ),
    Customer: ({"name": "initech"}, {"name": "acme", "note": "Since May."}),
    ForbiddenTool: ({"name": "calculator"}, {"name": "web_search", "reason": "Never."}),
    InternalReceiver: (
        {"origin": "http://ci2.example.internal:8080"},
        {"origin": "http://ci.example.internal:8080", "note": "The build."},
    ),
    McpServer: (
        {"key": "v", "label": "V", "url": "https://v.example.org/mcp",
         "tools-TOTAL_FORMS": "0", "tools-INITIAL_FORMS": "0"},
        {"label": "Sky", "url": "https://mcp.example.org/mcp",
         "tools-TOTAL_FORMS": "0", "tools-INITIAL_FORMS": "0"},
    ),
}  # fmt: skip
# Who made what the ledger names stays: the account is deleted on a page of its own.
KEPT = {User}


@pytest.fixture
def request_of(staff: User, rf: Any) -> HttpRequest:
    request: HttpRequest = rf.get("/admin/")
    request.user = staff
    return request


def entries() -> list[tuple[int | None, str, str]]:
    """Who changed what, newest first."""
    return list(AuditEntry.objects.values_list("actor_id", "about", "about_id"))


def test_all_that_can_be_added_is_tried_here(rows: Rows, request_of: HttpRequest) -> None:
    pages = admin.site._registry.items()
    assert {model for model, page in pages if page.has_add_permission(request_of)} == set(FORMS)
    deletable = {model for model, page in pages if page.has_delete_permission(request_of)}
    assert deletable == {*FORMS, DialectRule, Webhook}


def test_what_is_added_is_recorded(rows: Rows, superuser: Client, staff: User) -> None:
    for model, (new, _) in FORMS.items():
        known = len(entries())
        answer = superuser.post(address(model, "add"), new)
        assert answer.status_code == 302, (model, answer.content.decode()[-3000:])
        added = entries()[: len(entries()) - known]
        assert (staff.pk, str(model._meta.verbose_name)) in {entry[:2] for entry in added}, model


def test_what_is_changed_is_recorded(rows: Rows, superuser: Client, staff: User) -> None:
    for model, (_, changed) in FORMS.items():
        known, row = len(entries()), rows[model]
        answer = superuser.post(address(model, "change", row.pk), changed)
        assert answer.status_code == 302, (model, answer.content.decode()[-3000:])
        added = entries()[: len(entries()) - known]
        wanted = (staff.pk, str(model._meta.verbose_name), str(row.pk))
        assert wanted in added, model


def test_what_is_deleted_is_recorded_and_the_ledger_stays(
    rows: Rows, superuser: Client, staff: User
) -> None:
    lines = list(LedgerEntry.objects.values_list("pk", "amount"))
    models: list[type[Model]] = [*FORMS, DialectRule, Webhook]
    for model in models:
        known, row = len(entries()), rows[model]
        answer = superuser.post(address(model, "delete", row.pk), {"post": "yes"})
        gone = not model._default_manager.filter(pk=row.pk).exists()
        assert gone == (model not in KEPT), (model, answer.status_code)
        if gone:
            added = entries()[: len(entries()) - known]
            assert (staff.pk, str(model._meta.verbose_name), str(row.pk)) in added, model
    assert list(LedgerEntry.objects.values_list("pk", "amount")) == lines


@pytest.mark.parametrize("action", ["switch_off", "take_factors", "vouch"])
def test_what_can_not_be_undone_asks_first(
    rows: Rows, superuser: Client, action: str, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    chosen = {"action": action, "_selected_action": [alice.pk]}
    page = superuser.post(address(User, "changelist"), chosen)
    assert page.status_code == 200
    assert alice.email in page.content.decode()
    assert 'name="confirmed" value="yes"' in page.content.decode()
    alice.refresh_from_db()
    assert (alice.is_active, alice.verified_at) == (True, None)


def test_a_token_is_trusted_after_the_question_and_distrusted_at_once(
    rows: Rows, superuser: Client
) -> None:
    token = rows[ApiToken]
    chosen = {"action": "let_speak", "_selected_action": [str(token.pk)]}
    asked = superuser.post(address(ApiToken, "changelist"), chosen)
    assert "can spend as any user" in asked.content.decode()
    token.refresh_from_db()
    assert not token.speaks_for_users
