"""A run that another model answers says so, in its head and in its details."""

import pytest

from runs.models import Run
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

ASKED, CALLED = "gpt-4.1-mini", "gpt-5-nano"


@pytest.fixture
def run(alice) -> Run:
    return journal.start(RunFactory.create(owner=alice, model="auto", chosen_model=ASKED))


@pytest.fixture
def parts(client_for, alice):
    """What a live page fetches anew."""
    return lambda run: client_for(alice).get(f"/runs/{run.pk}/fragments/").content.decode()


def switch(run: Run, asked: str = ASKED) -> None:
    message = f"“{CALLED}” is called instead of “{asked}”."
    journal.emit(run, "notice", code="fallback", message=message, asked=asked, called=CALLED)


def test_the_fallback_is_named_with_the_model_that_was_asked_for(run, parts):
    assert f"Auto → {ASKED}<" in parts(run)
    switch(run)
    journal.dispatch(run, model=CALLED)
    assert parts(run).count(f"Auto → {CALLED} instead of {ASKED}<") == 2


def test_the_model_that_answered_before_is_named_too(run, parts):
    journal.buy(run)
    switch(run)
    journal.buy(run, "react/t2/think", model=CALLED)
    journal.finish(run)
    assert parts(run).count(f"Auto → {ASKED}, for some calls {CALLED}<") == 2


def test_the_fallback_of_another_role_and_other_notices_say_nothing_of_it(run, parts):
    switch(run, asked="gpt-4.1")
    journal.emit(run, "notice", code="fallback", message="The plan was unusable.")
    assert f"Auto → {ASKED}<" in parts(run)
