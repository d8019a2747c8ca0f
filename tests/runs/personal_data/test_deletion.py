"""The end of an account: who is out, what is left, and that the books still agree."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.deletion import LastSuperuser, delete_account
from accounts.models import ApiToken, User
from billing.models import Budget, LedgerEntry
from billing.selectors.audit import ledger_differences
from runs.models import PromptSet, Run, RunEvent, Step, Webhook
from runs.personal_data.erasing import erase_deleted_users, erase_user
from runs.services import cancel_run
from tests import journal
from tests.accounts.mfa.factors import recovery_codes, with_app
from tests.factories import PASSWORD, RunFactory
from tests.race import race
from tests.runs.personal_data.full_account import MARK, full_account
from tests.runs.prompts.sets import prompt_set

pytestmark = pytest.mark.django_db

PAGE = "/account/delete/"
TYPED = {"email": "Alice@Example.org", "password": PASSWORD}


def everything_stored() -> str:
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        return "\n".join(
            row[0]
            for table in connection.introspection.table_names()
            if cursor.execute(f'SELECT t::text FROM "{table}" t') or True
            for row in cursor.fetchall()
        )


def test_nothing_is_left_that_tells_who_it_was(alice: User) -> None:
    run = full_account(alice)
    assert MARK in everything_stored()
    cost = run.cost_usd

    delete_account(user=alice)
    assert erase_user(user=alice)

    stored = everything_stored()
    for word in (MARK, "Alice", "alice", "hooks.example.org"):
        assert word not in stored, word
    run.refresh_from_db()
    alice.refresh_from_db()
    assert (run.cost_usd, run.status, str(alice.display_name)) == (
        cost, "succeeded", "Deleted user",
    )  # fmt: skip
    assert alice.mfa_since is None
    for model in (Step, RunEvent, Session):
        assert not model.objects.exists()


def test_the_ledger_and_the_budgets_stay_and_agree(alice: User) -> None:
    run = full_account(alice)
    lines, budgets = list(LedgerEntry.objects.values()), Budget.objects.count()

    delete_account(user=alice)
    erase_deleted_users(seconds=60)

    assert list(LedgerEntry.objects.values()) == lines
    assert {line["run_id"] for line in lines} == {run.pk}
    assert Budget.objects.count() == budgets == 2
    assert ledger_differences() == []


def test_nobody_gets_in_any_more_and_the_address_is_free(
    alice: User, client_for: Callable[[User], Client], api_for: Callable[..., APIClient]
) -> None:
    browser, program = client_for(alice), api_for(alice)
    assert browser.get("/account/").status_code == program.get("/api/v1/me/").status_code == 200

    delete_account(user=alice)

    assert browser.get("/account/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401
    again = User.objects.create_user("alice@example.org", PASSWORD)
    assert again.pk != alice.pk


@pytest.mark.django_db(transaction=True)
def test_open_runs_end_and_are_emptied_then(alice: User) -> None:
    waiting = RunFactory.create(owner=alice)
    executing = journal.start(RunFactory.create(owner=alice))
    waiting.refresh_from_db()
    if waiting.status == "running":  # claimed with the other one
        waiting = RunFactory.create(owner=alice)

    delete_account(user=alice)

    waiting.refresh_from_db()
    executing.refresh_from_db()
    assert (waiting.status, executing.status) == ("failed", "cancelling")
    assert not erase_user(user=alice)
    waiting.refresh_from_db()
    assert waiting.task == ""
    assert Run.objects.get(pk=executing.pk).task != ""
    journal.finish(executing, None, status="cancelled")
    for run in Run.objects.visible_to(alice).active():
        journal.finish(cancel_run(run=run), None, status="cancelled")
    assert erase_user(user=alice)
    assert set(Run.objects.values_list("task", flat=True)) == {""}
    assert ledger_differences() == []


def test_money_in_doubt_can_still_be_resolved(alice: User, staff: User) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.dispatch(run)
    journal.lose_worker(run)
    delete_account(user=alice)
    cancel_run(run=run)
    assert erase_user(user=alice)
    line = LedgerEntry.objects.get(confidence="in_doubt")
    client = Client()
    client.force_login(staff)

    answer = client.post(f"/ops/doubt/{line.pk}/", {"amount_usd": "0", "reason": "not billed"})

    assert answer.status_code == 302
    run.refresh_from_db()
    assert (run.cost_usd, run.in_doubt_usd) == (0, 0)
    assert ledger_differences() == []


def test_the_last_superuser_stays(alice: User, staff: User) -> None:
    with pytest.raises(LastSuperuser):
        delete_account(user=staff)
    User.objects.create_superuser("second@example.org", PASSWORD)
    delete_account(user=staff)
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_superusers_who_leave_at_once_one_stays(staff: User) -> None:
    second = User.objects.create_superuser("second@example.org", PASSWORD)

    def leave() -> str:
        try:
            delete_account(user=second)
        except LastSuperuser:
            return "stays"
        return "gone"

    assert race(lambda: delete_account(user=staff), leave) == "stays"


def test_twice_changes_nothing(alice: User) -> None:
    delete_account(user=alice)
    before = User.objects.values().get(pk=alice.pk)
    delete_account(user=alice)
    assert User.objects.values().get(pk=alice.pk) == before


def test_the_log_of_staff_names_nobody(alice: User, staff: User) -> None:
    client = Client()
    client.force_login(staff)
    client.post(
        "/admin/accounts/user/",
        {"action": "switch_off", "_selected_action": [str(alice.pk)], "confirmed": "yes"},
    )
    assert LogEntry.objects.get().object_repr == alice.email

    delete_account(user=alice)

    assert LogEntry.objects.get().object_repr == "Deleted user"


def test_the_page_asks_for_password_and_address(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(alice)
    assert "Type alice@example.org" in client.get(PAGE).content.decode()
    for wrong in ({"email": "bob@example.org"}, {"password": "wrong"}, {"email": ""}):
        assert client.post(PAGE, {**TYPED, **wrong}).status_code == 422
    assert User.objects.filter(email=alice.email, is_active=True).exists()

    answer = client.post(PAGE, TYPED)

    assert "Your account is deleted." in answer.content.decode()
    assert client.get(PAGE).status_code == 302
    assert not User.objects.filter(email=alice.email).exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_written_to_about_each_thing_that_goes(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    with_app(alice)
    client = client_for(alice)
    mail.outbox.clear()

    assert client.post(PAGE, {**TYPED, "code": recovery_codes(alice)[0]}).status_code == 200

    assert not Authenticator.objects.exists()
    assert mail.outbox == []


def test_staff_delete_with_their_own_password(
    alice: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    client, page = client_for(staff), f"/ops/users/{alice.pk}/delete/"
    staff.set_password("another password of staff")
    staff.save()
    client.force_login(staff)
    assert client.post(page, TYPED).status_code == 422

    assert client.post(page, {**TYPED, "password": "another password of staff"}).status_code == 302
    alice.refresh_from_db()
    assert alice.deleted_at is not None
    assert client.get(page).status_code == 404


def test_only_a_superuser_deletes_staff(
    staff: User, bob: User, client_for: Callable[[User], Client]
) -> None:
    bob.is_staff = True
    bob.save()
    assert client_for(bob).get(f"/ops/users/{staff.pk}/delete/").status_code == 404
    assert client_for(staff).get(f"/ops/users/{bob.pk}/delete/").status_code == 200


def test_the_admin_leads_there(
    alice: User, bob: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(staff)

    def chosen(*users: User) -> Any:
        chosen = [str(user.pk) for user in users]
        return client.post(
            "/admin/accounts/user/", {"action": "delete_account", "_selected_action": chosen}
        )

    assert chosen(alice).url == f"/ops/users/{alice.pk}/delete/"
    assert chosen(alice, bob).url == "/admin/accounts/user/"


def test_the_command_deletes_and_empties(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    full_account(alice)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="nothing was deleted"):
        call_command("delete_user", user=alice.email)
    out = StringIO()

    call_command("delete_user", "--yes", user="ALICE@example.org", stdout=out)

    assert out.getvalue() == "Deleted, with all data but the bill.\n"
    assert MARK not in everything_stored()
    with pytest.raises(CommandError, match="there is no user"):
        call_command("delete_user", "--yes", user="alice@example.org")


def test_the_command_keeps_the_last_superuser(staff: User) -> None:
    with pytest.raises(CommandError, match="last superuser"):
        call_command("delete_user", "--yes", user=staff.email)


def test_what_goes_is_gone(alice: User, bob: User) -> None:
    full_account(alice)
    kept = prompt_set(bob, "mine").prompt_set_id
    delete_account(user=alice)

    assert not Webhook.objects.exists()
    assert [one.pk for one in PromptSet.objects.all()] == [kept]
    assert json.loads(json.dumps(list(ApiToken.objects.values_list("name", "prefix")))) == [
        ["Deleted token", ""]
    ]


def test_with_a_second_factor_a_code_is_asked_for_too(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    """Who found a browser open and knows the password can't end the account."""
    client = client_for(with_app(alice))
    one = recovery_codes(alice)[0]
    assert "Code of your authenticator app" in client.get(PAGE).content.decode()
    for wrong in ({}, {"code": "000000"}, {"code": one, "password": "wrong"}):
        assert client.post(PAGE, {**TYPED, **wrong}).status_code == 422
    assert one in recovery_codes(alice)

    assert client.post(PAGE, {**TYPED, "code": one}).status_code == 200
    assert not User.objects.filter(email=alice.email).exists()


def test_staff_need_the_right_to_change_users(
    alice: User, bob: User, client_for: Callable[[User], Client]
) -> None:
    bob.is_staff = True
    bob.save()
    page = f"/ops/users/{alice.pk}/delete/"
    assert client_for(bob).post(page, TYPED).status_code == 404
    bob.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert client_for(bob).post(page, TYPED).status_code == 302
    alice.refresh_from_db()
    assert alice.deleted_at is not None
