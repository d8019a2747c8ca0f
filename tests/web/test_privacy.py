"""What is shown to one is kept by no cache for another."""

import pytest
from django.test import Client

PAGES = ("/", "/runs/", "/usage/", "/budgets/", "/models/", "/tokens/", "/account/", "/ops/")
API = ("/api/v1/runs/", "/api/v1/me/", "/api/v1/models/", "/api/v1/usage/", "/api/v1/budgets/")


@pytest.mark.parametrize("address", [*PAGES, *API])
def test_pages_and_answers_of_the_api_are_stored_nowhere(address: str, client_for, staff):
    for client in (Client(), client_for(staff)):
        assert "no-store" in client.get(address).headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/nothing-here/", "/api/v1/nothing/", "/accounts/login/"])
def test_so_are_errors_and_forms(db, address: str):
    assert "no-store" in Client().get(address).headers["Cache-Control"]
