"""A new user begins with the budget that the site gives."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing.models import Budget, BudgetWindow
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

NEW = {"name": "Ines", "email": "ines@example.org", "password1": "correct horse 27"}


def test_who_signs_up_gets_a_hard_budget_a_month(client: Client, settings: Settings) -> None:
    settings.NEW_USER_BUDGET_USD = Decimal("7.5")
    assert client.post("/accounts/signup/", NEW).status_code == 302
    budget = Budget.objects.get(user__email="ines@example.org")
    assert (budget.period, budget.hard, budget.limit_usd) == ("month", True, Decimal("7.5"))
    assert BudgetWindow.objects.filter(budget=budget).count() == 2


def test_a_sign_up_without_its_budget_makes_nobody(client: Client, settings: Settings) -> None:
    settings.NEW_USER_BUDGET_USD = Decimal(10) ** 12
    client.raise_request_exception = False
    assert client.post("/accounts/signup/", NEW).status_code == 500
    assert not User.objects.exists()


def test_staff_and_sites_without_the_setting_get_none(settings: Settings) -> None:
    settings.NEW_USER_BUDGET_USD = Decimal(10)
    User.objects.create_superuser("boss@example.org", PASSWORD)
    settings.NEW_USER_BUDGET_USD = None
    User.objects.create_user("ann@example.org", PASSWORD)
    assert not Budget.objects.exists()


def test_a_user_who_is_saved_again_gets_no_second_one(settings: Settings) -> None:
    settings.NEW_USER_BUDGET_USD = Decimal(10)
    user = User.objects.create_user("ann@example.org", PASSWORD)
    user.save()
    assert Budget.objects.count() == 1
