"""The official client, as anyone uses it, at the running site."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from openai import OpenAI

from accounts.models import User
from runs.models import Run
from tests.stack import Stack


@pytest.fixture
def client(stack: Stack, key: str) -> Iterator[OpenAI]:
    """With its defaults: two retries, 600 seconds."""
    with OpenAI(base_url=f"{stack.web_url}/v1", api_key=key) as client:
        yield client


@pytest.fixture
def named() -> Callable[[str], str]:
    """A task whose text is unique, so that the provider's ledger can be asked for it."""
    return lambda task: f"{task} ({uuid4().hex})"


@pytest.fixture
def runs(owner: User) -> Callable[[], list[Run]]:
    """The owner's runs, oldest first."""
    return lambda: list(Run.objects.visible_to(owner).order_by("id"))
