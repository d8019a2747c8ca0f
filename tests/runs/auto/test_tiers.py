"""Which model is taken: tiers by price or by configuration, without what is failing."""

from decimal import Decimal

import pytest

from billing.money import ModelPrices, UnitPrices
from runs.auto.rules import Asked, complexity
from runs.auto.tiers import choose, tiers

SIMPLE, COMPLEX = complexity(Asked("Hi")), complexity(Asked("Compare and prove."))


def priced(**dollars: str) -> dict[str, ModelPrices]:
    """Models with a price each, output four times as dear as input."""
    found = {}
    for model, price in dollars.items():
        unit = Decimal(price)
        found[model] = ModelPrices(model, "t", ((0, UnitPrices(unit, unit, unit, 4 * unit)),))
    return found


MODELS = priced(middle="1", dear="9", free="0")


@pytest.mark.parametrize(
    ("cheap", "strong", "simple", "complex_"),
    [
        ((), (), ["free", "middle", "dear"], ["dear", "middle", "free"]),
        (("middle",), (), ["middle", "dear", "free"], ["dear", "middle", "free"]),
        (("free", "middle"), ("dear",), ["free", "middle", "dear"], ["dear", "free", "middle"]),
        (("unpriced", "middle"), ("dear",), ["middle", "dear"], ["dear", "middle"]),
        (("unpriced",), ("unpriced",), ["free", "middle", "dear"], ["dear", "middle", "free"]),
    ],
)
def test_the_order_in_which_models_are_taken(cheap, strong, simple, complex_) -> None:
    found = tiers(MODELS, cheap=cheap, strong=strong)
    assert found.of("simple") == simple
    assert found.of("complex") == complex_


def test_equal_prices_keep_the_order_of_the_offer() -> None:
    assert tiers(priced(b="1", a="1"), cheap=(), strong=()).simple[0] == "b"


@pytest.mark.parametrize(
    ("found", "failing", "model", "other"),
    [
        (SIMPLE, (), "free", "dear"),
        (COMPLEX, (), "dear", "free"),
        (SIMPLE, ("free",), "middle", "dear"),
        (COMPLEX, ("dear",), "middle", "free"),
        (COMPLEX, ("dear", "middle"), "free", "dear"),
        (SIMPLE, ("free", "middle", "dear"), "free", "dear"),
    ],
)
def test_a_failing_model_is_passed_over_while_another_answers(found, failing, model, other):
    choice = choose(found, tiers(MODELS, cheap=(), strong=()), failing=failing)
    assert choice is not None
    assert (choice.model, choice.other) == (model, other)


def test_who_was_passed_over_is_said() -> None:
    choice = choose(SIMPLE, tiers(MODELS, cheap=(), strong=()), failing=["free"])
    assert choice is not None
    assert choice.reason == "A simple task: short and plain. free isn’t called at present."


def test_with_one_model_there_is_nothing_to_choose() -> None:
    choice = choose(COMPLEX, tiers(priced(only="1"), cheap=(), strong=()))
    assert choice is not None
    assert (choice.model, choice.other) == ("only", None)
    assert choice.reason == "The only model for Auto that has a price."
    assert choose(COMPLEX, tiers({}, cheap=(), strong=())) is None
