"""Acts are recorded with who, where and what, in their own transactions, and without secrets."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.audit_models import Action, AuditEntry, Via
from accounts.deletion import delete_account
from accounts.models import ApiToken, User
from accounts.services import (
    change_email,
    change_password,
    create_token,
    reset_password,
    revoke_token,
    rotate_token,
    trust_token,
)
from accounts.verification import verify_address
from billing.services import change_budget, delete_budget
from runs.alert_models import Kind
from runs.alerts.finding import Finding
from runs.alerts.services.preferences import Pausing, Ways, set_preferences
from runs.alerts.services.telling import tell
from runs.services import resolve_doubt
from runs.services.intake import set_intake
from runs.webhooks.services import (
    change_webhook,
    create_webhook,
    delete_webhook,
    rotate_secret,
)
from tests import journal
from tests.factories import PASSWORD, RunFactory, set_budget

pytestmark = pytest.mark.django_db


# What an alert of a rise knows.
SPENT = {
    "whose": "Token “ci”", "hour": "2026-11-30T00:00:00+00:00", "spent_usd": "9",
    "limit_usd": "3", "factor": "3", "most_usd": "1", "most_at": None, "ordinary_usd": "1",
    "hours": 20, "simulated": True, "paused": False,
}  # fmt: skip


def newest(action: Action) -> AuditEntry:
    found = AuditEntry.objects.filter(action=action).first()
    assert found is not None, f"no {action} in {[e.action for e in AuditEntry.objects.all()]}"
    return found


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_a_sign_in_says_who_where_and_by_what(alice: User) -> None:
    client = Client(headers={"User-Agent": "Firefox\r\nX: forged"}, REMOTE_ADDR="203.0.113.9")
    sign_in(client, alice.email)

    entry = newest(Action.SIGNED_IN)
    assert (entry.actor_id, entry.user_id, entry.via) == (alice.pk, alice.pk, Via.BROWSER)
    assert entry.address == "203.0.113.9"
    assert entry.device == "Firefox X: forged"
    assert entry.request_id


def test_a_failed_sign_in_names_the_account_but_not_what_was_typed(alice: User) -> None:
    sign_in(Client(), alice.email, "wrong")
    assert newest(Action.SIGN_IN_FAILED).user_id == alice.pk

    sign_in(Client(), "hunter2-typed-in-the-wrong-field@example.org", "wrong")
    entry = newest(Action.SIGN_IN_FAILED)
    assert (entry.user_id, entry.actor_id) == (None, None)
    assert "hunter2" not in str(entry.__dict__)


def test_signing_out_is_recorded(alice: User, client_for: Callable[[User], Client]) -> None:
    client_for(alice).post("/accounts/logout/")

    assert newest(Action.SIGNED_OUT).user_id == alice.pk


def test_each_act_on_a_token_is_recorded(alice: User) -> None:
    token, _ = create_token(user=alice, name="ci", scopes=["runs:read"], expires_at=None)
    assert newest(Action.TOKEN_CREATED).after == {
        "name": "ci",
        "scopes": ["runs:read"],
        "expires_at": None,
    }
    rotate_token(token=token, overlap=timedelta(0))
    trust_token(token=token, trusted=True)
    revoke_token(token=token)
    revoke_token(token=token)

    about = AuditEntry.objects.filter(about_id=str(token.pk), user_id=alice.pk)
    assert [entry.action for entry in about] == [
        Action.TOKEN_REVOKED,
        Action.TOKEN_TRUSTED,
        Action.TOKEN_ROTATED,
        Action.TOKEN_CREATED,
    ]


def test_passwords_are_recorded_as_changed_and_never_themselves(alice: User) -> None:
    change_password(user=alice, password="a new and secret one")
    reset_password(user=alice, password="another secret one", by_mail=True)

    assert newest(Action.PASSWORD_CHANGED).user_id == alice.pk
    assert newest(Action.PASSWORD_RESET).after == {"by_mail": True}
    assert not [e for e in AuditEntry.objects.all() if "secret" in f"{e.before}{e.after}"]


def test_keys_and_hashes_are_nowhere_in_the_log(alice: User) -> None:
    token, key = create_token(user=alice, name="ci", scopes=["runs:read"], expires_at=None)
    second = rotate_token(token=token, overlap=timedelta(0))
    reset_password(user=alice, password=PASSWORD)

    token.refresh_from_db()
    whole = "\n".join(str(entry.__dict__) for entry in AuditEntry.objects.all())
    for secret in (key, second, token.digest, str(token.previous_digest), alice.password):
        assert secret not in whole


def test_rights_and_limits_are_recorded_before_and_after(alice: User) -> None:
    alice.is_staff, alice.submits_per_minute = True, 5
    alice.save()

    entry = newest(Action.USER_CHANGED)
    assert entry.before == {"is_staff": False, "submits_per_minute": None}
    assert entry.after == {"is_staff": True, "submits_per_minute": 5}


def test_a_save_that_changes_nothing_of_note_is_not_recorded(alice: User) -> None:
    count = AuditEntry.objects.count()
    alice.name = "Alicia"
    alice.save()
    alice.save(update_fields=["last_login"])

    assert AuditEntry.objects.count() == count


def test_a_deleted_user_leaves_no_address_behind(bob: User) -> None:
    pk = bob.pk
    bob.delete()

    assert newest(Action.USER_DELETED).user_id == pk
    assert not [e for e in AuditEntry.objects.all() if "bob@" in str(e.__dict__)]


def test_budgets_are_recorded_with_their_limits(alice: User) -> None:
    budget = set_budget(5, scope="user", user=alice)
    change_budget(budget=budget, limit_usd=Decimal(8))
    delete_budget(budget=budget)

    assert newest(Action.BUDGET_CREATED).user_id == alice.pk
    changed = newest(Action.BUDGET_CHANGED)
    assert (changed.before, changed.after) == ({"limit_usd": "5"}, {"limit_usd": "8"})
    before = newest(Action.BUDGET_DELETED).before
    assert before is not None
    assert before["limit_usd"] == "8"


def test_prices_set_in_the_admin_are_recorded_twice_once_with_figures(
    staff: User, client_for: Callable[[User], Client]
) -> None:
    price = {"model": "mine", "input_price": "2", "output_price": "4"}
    when = {"effective_from_0": "2026-01-01", "effective_from_1": "00:00:00"}
    client_for(staff).post("/admin/billing/modelprice/add/", price | when)

    entry = newest(Action.PRICE_CREATED)
    assert entry.actor_id == staff.pk
    assert entry.after is not None
    assert entry.after["input_price"] == "2"
    assert newest(Action.ADMIN_CHANGE).about == "model price"


def test_pausing_intake_is_recorded_with_its_reason(staff: User) -> None:
    set_intake(paused=True, reason="Soon.", by=staff)
    set_intake(paused=True, reason="Soon.", by=staff)
    set_intake(paused=False, by=staff)

    assert AuditEntry.objects.filter(action=Action.INTAKE_PAUSED).count() == 1
    assert newest(Action.INTAKE_PAUSED).after == {"reason": "Soon."}
    assert newest(Action.INTAKE_RESUMED).actor_id == staff.pk


def test_cancelling_someones_runs_by_token_names_the_token(
    alice: User, staff: User, api_for: Callable[..., APIClient]
) -> None:
    RunFactory.create(owner=alice)
    answer = api_for(staff).post(f"/api/v1/admin/users/{alice.pk}/cancel-runs/")

    assert answer.json() == {"cancelled": 1}
    entry = newest(Action.RUNS_CANCELLED)
    assert (entry.actor_id, entry.user_id, entry.via) == (staff.pk, alice.pk, Via.TOKEN)
    assert entry.token_id == ApiToken.objects.get(user=staff).pk


def test_resolving_a_doubt_is_recorded_with_both_amounts(alice: User, staff: User) -> None:
    from billing.models import LedgerEntry

    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    journal.lose_worker(run)
    line = LedgerEntry.objects.get(run_id=run.pk, confidence="in_doubt")
    resolve_doubt(entry=line, by=staff, reason="Seen on the bill.", known=Decimal(0))

    entry = newest(Action.DOUBT_RESOLVED)
    assert (entry.actor_id, entry.user_id) == (staff.pk, alice.pk)
    assert entry.before is not None
    assert entry.before["confidence"] == "in_doubt"
    assert entry.after == {"amount_usd": "0", "run": str(run.pk)}


def test_acts_on_a_webhook_are_recorded_without_its_address(alice: User) -> None:
    url = "https://hooks.example.org/a"
    hook, secret = create_webhook(owner=alice, url=url, events=["run.finished"])
    change_webhook(webhook=hook, url=url, description="CI")
    assert not AuditEntry.objects.filter(action=Action.WEBHOOK_CHANGED).exists()
    change_webhook(webhook=hook, url=f"{url}/b", enabled=False)
    another = rotate_secret(webhook=hook)
    pk = str(hook.pk)
    delete_webhook(webhook=hook)

    found = AuditEntry.objects.filter(about="webhook", about_id=pk, user_id=alice.pk)
    assert [entry.action for entry in found] == [
        Action.WEBHOOK_DELETED,
        Action.WEBHOOK_SECRET_ROTATED,
        Action.WEBHOOK_CHANGED,
        Action.WEBHOOK_CREATED,
    ]
    changed = newest(Action.WEBHOOK_CHANGED)
    assert changed.before == {"events": ["run.finished"], "enabled": True}
    assert changed.after == {"events": ["run.finished"], "enabled": False, "new_address": True}
    whole = "\n".join(str(entry.__dict__) for entry in found)
    assert not [word for word in ("hooks.example.org", secret, another) if word in whole]


def test_what_alerts_are_told_is_recorded_where_it_changes(alice: User) -> None:
    token, _ = create_token(user=alice, name="ci", scopes=["runs:read"], expires_at=None)
    for _ in range(2):
        ways = {Kind.DOUBT: Ways(mail=False, webhook=True)}
        set_preferences(user=alice, ways=ways, pausing=Pausing(False, [token.pk]))

    entry = AuditEntry.objects.get(action=Action.ALERTS_CHANGED)
    assert entry.before == {"no_mail": [], "pause_tokens": []}
    assert entry.after == {"no_mail": ["doubt"], "pause_tokens": [str(token.pk)]}


def test_a_pause_is_the_sites_and_its_end_the_owners(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    token, _ = create_token(user=alice, name="ci", scopes=["runs:read"], expires_at=None)
    set_preferences(user=alice, ways={}, pausing=Pausing(True, []))
    tell(
        Finding(Kind.SPEND_RATE, "token", timezone.now(), owner_id=alice.pk, token_id=token.pk,
                data=SPENT)
    )  # fmt: skip
    client_for(alice).post(f"/alerts/tokens/{token.pk}/")

    paused, resumed = newest(Action.TOKEN_PAUSED), newest(Action.TOKEN_RESUMED)
    assert (paused.actor_id, paused.user_id, paused.via) == (None, alice.pk, Via.SITE)
    assert paused.after == {"spent_usd": "9", "limit_usd": "3"}
    assert (resumed.actor_id, resumed.via) == (alice.pk, Via.BROWSER)


def test_a_deleted_account_is_recorded_with_who_deleted_it(
    alice: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    typed = {"email": alice.email, "password": PASSWORD}
    client_for(staff).post(f"/ops/users/{alice.pk}/delete/", typed)

    entry = newest(Action.USER_DELETED)
    assert (entry.actor_id, entry.user_id) == (staff.pk, alice.pk)


def test_an_act_that_is_rolled_back_is_not_recorded(alice: User) -> None:
    with transaction.atomic():
        verify_address(user=alice)
        create_token(user=alice, name="gone", scopes=["runs:read"], expires_at=None)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.filter(action=Action.TOKEN_CREATED).exists()


@pytest.mark.parametrize("statement", ["UPDATE accounts_auditentry SET actor_id = 1", "DELETE"])
def test_an_entry_can_be_neither_changed_nor_deleted(alice: User, statement: str) -> None:
    sql = statement if statement.startswith("UPDATE") else "DELETE FROM accounts_auditentry"
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert AuditEntry.objects.filter(action=Action.USER_CREATED).exists()


def test_an_address_that_looks_the_same_when_masked_is_a_change(alice: User) -> None:
    change_email(user=alice, email="a.mallory@example.org")

    entry = newest(Action.USER_CHANGED)
    assert (entry.before, entry.after) == (
        {"email": "a…@example.org"}, {"email": "a…@example.org"},
    )  # fmt: skip


def test_an_account_that_is_deleted_is_recorded_as_that(alice: User, staff: User) -> None:
    delete_account(user=alice)
    assert newest(Action.USER_DELETED).user_id == alice.pk
    assert not [e for e in AuditEntry.objects.all() if "alice" in str(e.__dict__)]


def test_calling_a_model_again_is_recorded(
    staff: User, client_for: Callable[[User], Client]
) -> None:
    client_for(staff).post("/ops/breaker/", {"model": "gpt-4.1-mini"})
    entry = newest(Action.BREAKER_RESET)
    assert (entry.actor_id, entry.about_id) == (staff.pk, "gpt-4.1-mini")
