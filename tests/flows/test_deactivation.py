"""A run of a user who was switched off behind the site's back reaches no provider."""

from accounts.models import User
from runs.states import Status
from tests.stack import Stack


def test_a_queued_run_of_a_disabled_account_buys_nothing(
    stack: Stack, no_worker: None, owner: User, submit, ended
) -> None:
    run = submit("What is 3 * 3?")
    User.objects.filter(pk=owner.pk).update(is_active=False)
    worker = stack.start_worker("after-the-fact")
    ended(run)
    assert stack.stop(worker) == 0
    assert (run.status, run.error["code"]) == (Status.FAILED, "account_disabled")
    assert (run.cost_usd, run.llm_calls, run.held_usd) == (0, 0, 0)
    assert stack.provider_ledger(run.task) == []
