"""However an e-mail address is typed, it is one account's."""

import io
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.addresses import normal_address
from accounts.models import ApiToken, User
from billing.models import Budget
from tests.factories import PASSWORD

# Long s, Kelvin sign, full-width letters, ligature, ideographic full stop, no ASCII in a host.
LOOK_ALIKES = [
    "\u017ftaff@example.org",
    "STAFF@EXAMPLE.ORG",
    "\uff33taff@example.org",
    "staff@example\u3002org",
    " Staff@\uff25xample.org ",
    "\u017fta\ufb00@Example.org",
]


@pytest.mark.parametrize("typed", LOOK_ALIKES)
def test_a_look_alike_is_the_same_address(typed: str) -> None:
    assert normal_address(typed) == "staff@example.org"


@pytest.mark.parametrize(
    "typed", ["adm\u0131n@example.org", "st\u0430ff@example.org", "a@b\0.org", "a", "@", "a@x.", ""]
)
def test_what_is_no_plain_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        normal_address(typed)


def test_a_host_has_one_name() -> None:
    assert normal_address("a@B\u00dcCHER.de") == normal_address("a@xn--bcher-kva.de")


@given(st.text(max_size=12), st.sampled_from(["example.org", "b\u00fccher.de", "\uff21.de", ""]))
def test_a_normal_form_stays_as_it_is(name: str, host: str) -> None:
    try:
        normal = normal_address(f"{name}@{host}")
    except ValidationError:
        return
    assert normal_address(normal) == normal == normal.lower()
    assert normal.isascii()


@pytest.mark.parametrize("typed", LOOK_ALIKES)
def test_a_look_alike_signs_nobody_up(staff: User, client: Client, typed: str) -> None:
    new = {"name": "X", "email": typed, "password1": "correct horse 27"}
    assert client.post("/accounts/signup/", new).status_code == 200
    assert User.objects.get() == staff


@pytest.mark.parametrize("typed", LOOK_ALIKES)
def test_a_look_alike_signs_its_owner_in(staff: User, client: Client, typed: str) -> None:
    client.post("/accounts/login/", {"login": typed, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_a_reset_mail_goes_to_the_stored_address(
    staff: User, client: Client, mailoutbox: list[object]
) -> None:
    client.post("/accounts/password/reset/", {"email": LOOK_ALIKES[0]})
    (message,) = mailoutbox
    assert message.to == [staff.email]  # type: ignore[attr-defined]


def test_a_token_and_a_budget_find_the_same_user(
    staff: User, alice: User, api_for: Callable[..., APIClient]
) -> None:
    output = io.StringIO()
    call_command("create_token", "--user", LOOK_ALIKES[0], "--name", "CI", stdout=output)
    assert ApiToken.objects.get().user == staff
    body = {"scope": "user", "user": "\uff21lice@Example.org", "period": "day", "limit_usd": "1"}
    assert api_for(staff).post("/api/v1/admin/budgets/", body, format="json").status_code == 201
    assert Budget.objects.get().user == alice


def test_staff_make_no_second_user_with_a_look_alike(
    staff: User, alice: User, client_for: Callable[[User], Client]
) -> None:
    new = {
        "email": "\uff21lice@example.org",
        "name": "A",
        "usable_password": "true",
        "password1": "correct horse 27",
        "password2": "correct horse 27",
    }
    page = client_for(staff).post("/admin/accounts/user/add/", new)
    assert page.status_code == 200
    assert User.objects.count() == 2


def test_code_that_stores_an_address_stores_its_normal_form(alice: User) -> None:
    user = User.objects.create_user("\u017fam@Example.org", PASSWORD)
    assert user.email == "sam@example.org"
    user.email = "Sam@Example.org"
    user.save()
    assert User.objects.get(email="SAM@example.org").email == "sam@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("\uff21lice@example.org", PASSWORD)


@pytest.mark.parametrize("stored", ["Alice@example.org", "\u017fam@example.org", ""])
def test_the_database_takes_no_other_form(alice: User, stored: str) -> None:
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE accounts_user SET email = %s WHERE id = %s", [stored, alice.pk])
