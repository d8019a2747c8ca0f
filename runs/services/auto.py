"""What `auto` takes at present: its rules, with this site's models, their prices and breakers."""

from collections.abc import Mapping
from typing import Any

from billing.money import ModelPrices
from billing.pricing import offered_models
from runs.auto.rules import Asked, complexity
from runs.auto.runner_up import written
from runs.auto.tiers import Choice, choose, rate
from runs.engine.types import Spec
from runs.services.supply import Supply, site_tiers
from runs.submission import Submission

AUTO = "auto"


def choice_for(submission: Submission, *, calls: int, supply: Supply) -> Choice | None:
    """The model for this task; None where `auto` isn't asked for, or no model has a price."""
    if AUTO not in (submission.model, *submission.roles.values()):
        return None
    asked = Asked(
        submission.task, submission.custom_instructions, len(submission.goals), calls=calls
    )
    failing = supply.open_breakers(supply.prices)
    return choose(complexity(asked), supply.tiers, failing=failing)


def usual_model() -> str | None:
    """The model that `auto` takes for a simple task; None where none has a price."""
    prices = {model: known for model, known in offered_models().items() if known}
    return next(iter(site_tiers(prices).simple), None)


def route_of(choice: Choice, spec: Spec, prices: Mapping[str, ModelPrices]) -> dict[str, Any]:
    """What a run keeps of the choice: the kind of task, and the price of the other model.

    It `saves` where the cheaper one was taken for a simple task and makes all of the run's calls.
    """
    other = choice.other
    return {
        "level": choice.level,
        "other": written(other, prices[other]) if other else None,
        "saves": other is not None
        and choice.level == "simple"
        and rate(prices[choice.model]) < rate(prices[other])
        and set(spec.models) == {choice.model},
    }
