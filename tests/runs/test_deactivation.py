"""A user who is switched off spends nothing more."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import switch_off
from runs.models import Run, RunEvent
from runs.states import Status
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_waits_fails_and_what_executes_is_cancelled(alice: User, bob: User) -> None:
    done = journal.succeed(RunFactory.create(owner=alice))
    running = journal.start(RunFactory.create(owner=alice))
    queued, other = RunFactory.create(owner=alice), RunFactory.create(owner=bob)

    switch_off(user=alice)

    for run in (other, running, queued, done):
        run.refresh_from_db()
    assert (queued.status, queued.error["code"]) == (Status.FAILED, "account_disabled")
    assert "switched off" in queued.error["message"]
    assert RunEvent.objects.filter(run=queued).latest("seq").type == "run.finished"
    assert running.status == Status.CANCELLING
    assert (other.status, done.status) == (Status.QUEUED, Status.SUCCEEDED)


def test_a_run_that_executes_pays_for_what_it_had_and_ends(alice: User, books_agree: None) -> None:
    run = journal.start(RunFactory.create(owner=alice))
    journal.buy(run)
    switch_off(user=alice)
    journal.finish(run)
    assert (run.status, run.held_usd) == (Status.CANCELLED, 0)
    assert run.cost_usd > 0


@pytest.mark.parametrize("way", ["form", "action"])
def test_the_admin_switches_off(
    staff: User, alice: User, client_for: Callable[[User], Client], way: str
) -> None:
    run = RunFactory.create(owner=alice)
    admin = client_for(staff)
    if way == "form":
        fields = {"email": alice.email, "name": "Alice"}
        assert admin.post(f"/admin/accounts/user/{alice.pk}/change/", fields).status_code == 302
    else:
        chosen = {"action": "switch_off", "_selected_action": [str(alice.pk)], "confirmed": "yes"}
        assert admin.post("/admin/accounts/user/", chosen).status_code == 302
    alice.refresh_from_db()
    run.refresh_from_db()
    assert not alice.is_active
    assert run.status == Status.FAILED


def test_signing_in_ends_nothing(alice: User, client_for: Callable[[User], Client]) -> None:
    RunFactory.create(owner=alice)
    client_for(alice)
    assert Run.objects.get().status == Status.QUEUED
