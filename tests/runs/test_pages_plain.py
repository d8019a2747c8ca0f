"""The page of a run that is one call of a model, as it came by OpenAI's API."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db


def test_it_says_what_it_is_and_what_it_was_asked(
    client_for: Callable[[User], Client], alice: User
) -> None:
    params = {
        "before": [{"role": "system", "content": "Be brief."}],
        "parallel": True,
        "temperature": 0.5,
    }
    run = RunFactory.create(owner=alice, pattern="plain", params=params, tools=[])
    journal.succeed(run)

    page = client_for(alice).get(f"/runs/{run.pk}/").content.decode()

    assert "Plain model" in page
    assert "0.5" in page
    assert "Be brief." in page


def test_it_is_found_and_not_offered(client_for: Callable[[User], Client], alice: User) -> None:
    run = RunFactory.create(owner=alice, pattern="plain", params={}, tools=[])
    browser = client_for(alice)

    assert str(run.pk) in browser.get("/runs/?pattern=plain").content.decode()
    assert 'value="plain"' not in browser.get("/").content.decode()
