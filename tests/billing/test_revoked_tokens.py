"""Revoking a token: it waits for no money, and what the token submitted stays under its budget."""

from decimal import Decimal

import pytest

from accounts.models import ApiToken
from accounts.services import revoke_token
from billing.models import Budget
from billing.selectors.audit import ledger_differences
from runs.models import Run
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget
from tests.money import BOUND
from tests.race import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token() -> ApiToken:
    return ApiTokenFactory.create()


@pytest.fixture
def budget(token: ApiToken) -> Budget:
    """A hard budget of the token with room for one call."""
    return set_budget(BOUND, scope="token", api_token=token)


def submit(token: ApiToken) -> Run:
    return RunFactory.create(owner=token.user, api_token=token)


def figures(budget: Budget) -> tuple[Decimal, Decimal]:
    """What is settled and held."""
    window = budget.windows.get(simulated=True)
    return window.settled_usd, window.held_usd


def is_revoked(token: ApiToken) -> bool:
    return not ApiToken.objects.unrevoked().filter(pk=token.pk).exists()


def test_a_token_is_revoked_while_its_run_settles(token: ApiToken, budget: Budget) -> None:
    run = journal.start(submit(token))
    hold = journal.dispatch(run)
    race(lambda: journal.settle(run, hold), lambda: revoke_token(token=token), waits=False)
    assert is_revoked(token)
    assert figures(budget) == (run.cost_usd, Decimal(0))
    journal.finish(run)
    assert ledger_differences() == []


def test_a_token_is_revoked_while_its_run_takes_money(token: ApiToken, budget: Budget) -> None:
    run = journal.start(submit(token))
    race(lambda: journal.ask(run), lambda: revoke_token(token=token), waits=False)
    assert is_revoked(token)
    assert figures(budget) == (Decimal(0), BOUND)


def test_nothing_waits_for_a_token_that_is_being_revoked(token: ApiToken, budget: Budget) -> None:
    run = journal.start(submit(token))

    def go_on() -> str:
        submit(token)
        outcome: str = journal.ask(run).outcome
        return outcome

    assert race(lambda: revoke_token(token=token), go_on, waits=False) == "held"
    assert is_revoked(token)


def test_queued_runs_stay_under_the_hard_budget_of_their_revoked_token(
    token: ApiToken, budget: Budget
) -> None:
    runs = [submit(token) for _ in range(3)]
    revoke_token(token=token)
    outcomes = [journal.ask(journal.start(run)).outcome for run in runs]
    assert outcomes == ["held", "waiting", "waiting"]
    assert figures(budget) == (Decimal(0), BOUND)
    assert set(Run.objects.values_list("api_token", flat=True)) == {token.pk}
