"""The reader begins where something is to be typed: in the first field that is wrong."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

SIGNUP = "/accounts/signup/"
LOGIN = "/accounts/login/"
GOOD = {"name": "Ines", "email": "ines@example.org", "password1": "correct horse 27"}


def focused(page: str) -> list[str]:
    inputs = re.findall(r"<input[^>]*>", page)
    return [re.findall(r'name="(\w+)"', one)[0] for one in inputs if "autofocus" in one]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"password1": "short"}, "password1"),
        ({"email": "nonsense"}, "email"),
        ({"email": "nonsense", "password1": "short"}, "email"),
        ({"name": "", "password1": "short"}, "name"),
    ],
)
def test_sign_up_begins_in_the_first_wrong_field(
    db: None, client: Client, fields: dict[str, str], name: str
) -> None:
    assert focused(client.post(SIGNUP, {**GOOD, **fields}).content.decode()) == [name]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"login": "nobody@example.org", "password": "wrong"}, "password"),
        ({"login": "nonsense", "password": ""}, "login"),
        ({"login": "nobody@example.org", "password": ""}, "password"),
    ],
)
def test_sign_in_begins_in_the_first_wrong_field(
    db: None, client: Client, fields: dict[str, str], name: str
) -> None:
    assert focused(client.get(LOGIN).content.decode()) == ["login"]
    assert focused(client.post(LOGIN, fields).content.decode()) == [name]


def test_the_account_page_begins_in_the_first_wrong_field(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    wrong = {"old_password": "x", "new_password1": "12345678", "new_password2": "123"}
    page = client_for(alice).post("/account/password/", wrong).content.decode()
    assert focused(page) == ["old_password"]


def test_sign_up_and_password_tell_how_many_tries_are_left(
    alice: User, address: str, limit_to: Callable[..., None], client_for: Callable[[User], Client]
) -> None:
    limit_to(account=3)
    stranger = Client(REMOTE_ADDR=address)
    assert "2 tries left." in stranger.post(SIGNUP, {**GOOD, "name": ""}).content.decode()
    page = client_for(alice).post("/account/password/", {"old_password": "x"}).content.decode()
    assert "2 tries left." in page
