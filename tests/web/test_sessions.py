"""Session keys that browsers make up."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ['"\\000aaaaaaaaaaa"', '"aaaaaaaa\\000"', "é" * 10])
def test_under_a_key_of_other_characters_nobody_is_signed_in(key):
    client = Client(headers={"Cookie": f"sessionid={key}"})

    assert client.get("/runs/").status_code == 302
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/api/v1/me/").status_code == 401
