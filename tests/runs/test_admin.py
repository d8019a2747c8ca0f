"""The admin: staff read everything there and change nothing that the product wrote."""

from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.contrib import admin
from django.urls import reverse

from billing.models import (
    Audit,
    Budget,
    BudgetWindow,
    Hold,
    LedgerEntry,
    ModelPrice,
    UsageRollup,
)
from billing.services import record_audit
from runs.models import Run, Step, Worker
from tests import journal
from tests.factories import RunFactory, set_budget

pytestmark = pytest.mark.django_db
READ_ONLY = [LedgerEntry, Hold, UsageRollup, BudgetWindow, Audit, Run, Step, Worker]


def address(model: Any, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def run(alice) -> Run:
    set_budget()
    run = journal.succeed(RunFactory.create(owner=alice))
    record_audit()
    return run


@pytest.mark.parametrize("model", [*READ_ONLY, Budget, ModelPrice])
def test_every_list_and_row_can_be_read(client_for, staff, run, model):
    ModelPrice.objects.create(model="m", input_price=Decimal(1), output_price=Decimal(2))
    client = client_for(staff)

    listed = client.get(address(model, "changelist"), {"q": "7"})
    row = model._default_manager.first()

    assert listed.status_code == 200
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_the_product_wrote_stays_as_it_is(client_for, staff, run, model):
    client = client_for(staff)
    row = model._default_manager.first()
    before = model._default_manager.count()

    answers = [
        client.post(address(model, "add"), {}),
        client.post(address(model, "change", row.pk), {}),
        client.post(address(model, "delete", row.pk), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert model._default_manager.count() == before
    assert not admin.site._registry[model].get_actions(client.request().wsgi_request)


def test_a_price_can_be_added(client_for, staff):
    fields = {
        "model": "house-model",
        "input_price": "0.5",
        "cached_input_price": "",
        "cache_write_price": "",
        "output_price": "1.5",
        "effective_from_0": "2026-01-01",
        "effective_from_1": "00:00:00",
    }

    response = client_for(staff).post(address(ModelPrice, "add"), fields)

    assert response.status_code == 302, response.content
    assert ModelPrice.objects.get().output_price == Decimal("1.5")


def test_users_see_no_admin(client_for, alice, run):
    assert client_for(alice).get(address(Run, "changelist")).status_code in {302, 403}


def test_lists_do_not_ask_per_row(client_for, staff, run, alice, django_assert_max_num_queries):
    client = client_for(staff)
    url = address(LedgerEntry, "changelist")
    client.get(url)
    with django_assert_max_num_queries(20) as few:
        client.get(url)
    for _ in range(3):
        journal.succeed(RunFactory.create(owner=alice))
    with django_assert_max_num_queries(len(few)):
        client.get(url)


class TestBudgets:
    """Budgets in the admin go through the services, windows and all."""

    FIELDS: ClassVar[dict[str, str]] = {
        "scope": "user",
        "api_token": "",
        "period": "month",
        "timezone": "Europe/Paris",
        "limit_usd": "5",
        "hard": "on",
    }

    def test_a_new_one_counts_what_was_spent(self, client_for, staff, alice, run):
        fields = self.FIELDS | {"user": str(alice.pk)}
        answer = client_for(staff).post(address(Budget, "add"), fields)
        assert answer.status_code == 302, answer.content
        made = Budget.objects.get(scope="user")
        assert made.windows.get(simulated=True).settled_usd == run.cost_usd > 0

    def test_a_change_reaches_the_present_window(self, client_for, staff, run):
        budget = Budget.objects.get()
        fields = {"limit_usd": "0.5"}
        answer = client_for(staff).post(address(Budget, "change", budget.pk), fields)
        budget.refresh_from_db()
        assert answer.status_code == 302, answer.content
        assert (budget.limit_usd, budget.hard) == (Decimal("0.5"), False)
        assert budget.windows.get(simulated=True).limit_usd == Decimal("0.5")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"scope": "user", "user": ""}, "names its user"),
            ({"scope": "site", "user": ""}, ""),
            ({"timezone": "Mars/Olympus"}, "There is no time zone"),
            ({"limit_usd": "-1"}, "The limit is between"),
        ],
    )
    def test_what_the_service_refuses_stands_in_the_form(
        self, client_for, staff, alice, change, said
    ):
        fields = self.FIELDS | {"user": str(alice.pk)} | change
        answer = client_for(staff).post(address(Budget, "add"), fields)
        assert (answer.status_code == 302) == (said == "")
        assert said in answer.content.decode()
        assert Budget.objects.exists() == (said == "")

    def test_it_can_be_deleted(self, client_for, staff, run):
        budget = Budget.objects.get()
        client = client_for(staff)
        client.post(address(Budget, "delete", budget.pk), {"post": "yes"})
        assert not Budget.objects.exists()
