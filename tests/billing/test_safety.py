"""A call that cost more than its hold: the next ones of its model hold more."""

from decimal import Decimal
from math import ceil

import pytest

from billing.models import ModelSafety
from billing.pricing import price_of
from runs.operations.selectors.site import site_state
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.money import BOUND, MODEL

pytestmark = pytest.mark.django_db


def spend(fresh: int, output: int, *, safety: str = "1", confidence: str = "exact") -> None:
    run = journal.start(RunFactory.create())
    hold = journal.dispatch(run)
    journal.settle(run, hold, fresh=fresh, output=output, safety=safety, confidence=confidence)


def factor() -> Decimal:
    return ModelSafety.objects.get(model=MODEL).factor


def test_a_call_within_its_bound_teaches_nothing():
    spend(2000, 1000)
    assert not ModelSafety.objects.exists()
    prices = price_of(MODEL)
    assert prices is not None
    assert (prices.safety, prices.ignores_cap, prices.bound(1001).input_tokens) == (
        Decimal(1),
        False,
        1001,
    )


def test_an_overrun_raises_what_is_held_from_then_on():
    spend(3000, 1000)

    prices = price_of(MODEL)

    assert prices is not None
    assert prices.safety == factor() == Decimal("1.65")  # a tenth more than was needed
    assert prices.bound(1001).input_tokens == ceil(1001 * Decimal("1.65"))
    assert not prices.ignores_cap


def test_many_overruns_at_once_raise_it_no_further_than_the_worst():
    for fresh in (3000, 3400, 3200):
        spend(fresh, 1000)
    assert factor() == Decimal("1.87")
    assert ModelSafety.objects.get().overruns == 3


def test_one_wild_count_doubles_it_at_most():
    spend(9_000_000, 1000)
    assert factor() == 2


def test_overruns_under_a_raised_factor_raise_it_again_to_an_end():
    spend(3000, 1000)
    spend(3000, 1000, safety="1.65")
    assert factor() == Decimal("2.7225")
    spend(9_000_000, 1000, safety="99")
    assert factor() == 100


def test_a_little_too_much_output_changes_no_bound():
    spend(2000, 1050)
    prices = price_of(MODEL)
    assert prices is not None
    assert prices.safety == 1
    assert not prices.ignores_cap


def test_what_was_only_estimated_teaches_nothing():
    spend(3000, 9000, safety="", confidence="estimated")
    assert not ModelSafety.objects.exists()


def test_a_model_that_ignores_its_cap_is_not_called_under_a_hard_limit():
    spend(100, 2500)

    prices = price_of(MODEL)

    assert prices is not None
    assert prices.ignores_cap
    free, limited = (journal.start(RunFactory.create()) for _ in range(2))
    assert journal.ask(free).outcome == "held"
    set_budget(10)
    assert journal.ask(limited).outcome == "uncapped"
    assert journal.begin(limited) == "uncapped"
    ModelSafety.objects.update(ignores_cap=False)
    assert journal.ask(limited).outcome == "held"


def test_the_run_and_the_operators_are_told():
    run = journal.start(RunFactory.create())
    journal.settle(run, journal.dispatch(run), fresh=3000, output=1000, safety="1")
    (notice,) = run.events.filter(type="notice")
    excess = journal.cost(MODEL, 3000, 0, 1000) - BOUND
    assert notice.data["code"] == "overrun"
    assert f"${excess.normalize():f} more than was held" in notice.data["message"]
    assert f"A call of “{MODEL}” cost more" in " ".join(one.words for one in site_state().problems)
