"""All that points to a user is decided on: whether it goes with the account, and is downloaded."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db.models import Model

from accounts.deletion import delete_account
from accounts.models import ApiToken, User
from runs.personal_data.erasing import erase_user
from runs.personal_data.export import exported
from tests.runs.personal_data.full_account import full_account

pytestmark = pytest.mark.django_db


class Decided(NamedTuple):
    """`kept` says why rows stay, empty: they go. `left_out` says why a download hasn't got them."""

    kept: str = ""
    record: str = ""
    left_out: str = ""


BILL = "what was paid stays, of nobody"
LOG = "what staff did is the site's log; it has ids, and no names"
OF_SITE = "it is about the site"
SUMS = "ledger lines have it"
DECISIONS = {
    "account.EmailAddress.user": Decided(left_out="the profile has the address"),
    "accounts.ApiToken.user": Decided(kept="emptied: budgets and runs name it", record="token"),
    "accounts.AuditEntry.actor_id": Decided(kept=LOG, record="audit_entry"),
    "accounts.AuditEntry.token_id": Decided(kept=LOG, record="audit_entry"),
    "accounts.AuditEntry.user_id": Decided(kept=LOG, record="audit_entry"),
    "accounts.SignIn.user": Decided(record="sign_in"),
    "accounts.User_groups.user": Decided(left_out="staff's own; the profile says who is staff"),
    "accounts.User_user_permissions.user": Decided(left_out="as groups"),
    "admin.LogEntry.user": Decided(kept=LOG, left_out="audit entries have it"),
    "billing.Budget.api_token": Decided(kept="windows count what was spent", record="budget"),
    "billing.Budget.user": Decided(kept="windows count what was spent", record="budget"),
    "billing.Hold.api_token_id": Decided(kept=BILL, left_out=SUMS),
    "billing.Hold.owner": Decided(kept=BILL, left_out=SUMS),
    "billing.LedgerEntry.api_token_id": Decided(kept=BILL, record="ledger_line"),
    "billing.LedgerEntry.owner": Decided(kept=BILL, record="ledger_line"),
    "billing.Reconciliation.by": Decided(kept=LOG, left_out=OF_SITE),
    "billing.RunRollup.owner": Decided(kept=BILL, left_out=SUMS),
    "billing.SpendTally.owner": Decided(kept=BILL, left_out=SUMS),
    "billing.UsageRollup.owner": Decided(kept=BILL, left_out=SUMS),
    "mfa.Authenticator.user": Decided(record="second_factor"),
    "runs.Alert.owner": Decided(record="alert"),
    "runs.AlertNotice.recipient": Decided(record="alert_notice"),
    "runs.AlertPreferences.user": Decided(record="alert_preferences"),
    "runs.IntakeChange.by": Decided(kept=LOG, left_out=OF_SITE),
    "runs.KillSwitch.api_token": Decided(kept=LOG, left_out="audit entries have it"),
    "runs.KillSwitch.lifted_by": Decided(kept=LOG, left_out="audit entries have it"),
    "runs.KillSwitch.pulled_by": Decided(kept=LOG, left_out="audit entries have it"),
    "runs.KillSwitch.user": Decided(kept=LOG, left_out="audit entries have it"),
    "runs.MonthForecast.owner": Decided(record="month_forecast"),
    "runs.OwnerTally.owner": Decided(kept=BILL, left_out="it counts runs, and runs are there"),
    "runs.PromptSet.owner": Decided(record="prompt_set"),
    "runs.Run.api_token": Decided(kept="emptied: its bill stays", record="run"),
    "runs.Run.owner": Decided(kept="emptied: its bill stays", record="run"),
    "runs.TokenGuard.token": Decided(record="token_guard"),
    "runs.Webhook.owner": Decided(record="webhook"),
}
# People and tokens that a row names without a foreign key.
BY_ID = {"actor_id", "api_token_id", "by_id", "owner_id", "token_id", "user_id"}


def relations() -> Iterator[tuple[str, type[Model], str]]:
    """Every column that names a user or an API token."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            named = field.related_model if field.is_relation else None
            if named in (User, ApiToken) or (named is None and field.name in BY_ID):
                yield f"{model._meta.label}.{field.name}", model, field.attname


def rows_of(alice: User) -> dict[str, int]:
    """How many rows name Alice or a token of hers, by column."""
    people = {alice.pk, *ApiToken.objects.filter(user=alice).values_list("pk", flat=True)}
    return {
        name: sum(value in people for value in _values(model, column))
        for name, model, column in relations()
    }


def _values(model: type[Model], column: str) -> list[Any]:
    return list(model._base_manager.values_list(column, flat=True))


def test_every_relation_is_decided_on() -> None:
    assert {name for name, _, _ in relations()} == set(DECISIONS)
    for name, decided in DECISIONS.items():
        assert bool(decided.record) != bool(decided.left_out), name


def test_what_goes_is_gone_and_what_is_kept_is_there(alice: User) -> None:
    full_account(alice)
    before = rows_of(alice)
    # So that nothing below is true for want of rows; a token signs nobody's entry here.
    assert {name for name, rows in before.items() if not rows} <= {"accounts.AuditEntry.token_id"}

    delete_account(user=alice)
    assert erase_user(user=alice)

    after = rows_of(alice)
    assert {name: rows for name, rows in after.items() if rows and not DECISIONS[name].kept} == {}
    kept = [name for name in before if DECISIONS[name].kept]
    assert [name for name in kept if after[name] < before[name]] == []


def test_a_download_has_each_kind_of_record(alice: User, bob: User) -> None:
    full_account(alice)
    found = [json.loads(line) for part in exported(alice) for line in part.splitlines()]

    kinds = {line["record"] for line in found}
    assert {decided.record for decided in DECISIONS.values() if decided.record} <= kinds
    told = next(line for line in found if line["record"] == "second_factor")
    assert set(told) == {"record", "type", "created_at", "last_used_at"}
