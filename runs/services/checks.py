"""What a submission must satisfy before it becomes a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from billing.money import ModelPrices, fraction_digits
from billing.pricing import prices_of
from runs.engine.pattern import AnyPattern
from runs.engine.prompts import problems as prompt_problems
from runs.engine.registry import PATTERNS
from runs.engine.roles import ROLES
from runs.engine.tools.registry import TOOLS
from runs.engine.types import Spec
from runs.errors import (
    InvalidSubmission,
    SubmissionTooLarge,
    TaskTooLarge,
    UnknownPattern,
    UnpricedModel,
)
from runs.spec import spec_of_submission
from runs.submission import Submission

MAX_CAP_USD = 100_000
CAP_DIGITS = 12
# A run is stored before anything is paid for it. In bytes of JSON.
MAX_BYTES = {
    "custom_instructions": 20_000,
    "goals": 10_000,
    "prompts": 50_000,
    "metadata": 10_000,
    "tools": 10_000,
    "params": 10_000,
    "roles": 10_000,
}
AUTO = "auto"
AUTO_REASON = "The first model that this site offers."
ASKED_REASON = "Chosen by the request."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a checked submission comes to: the prices of all its models, and why its model."""

    spec: Spec
    prices: Mapping[str, ModelPrices]
    reason: str


def checked(submission: Submission) -> Plan:
    """Check everything that can be checked before money is spent. Prices are read once.

    Raises `InvalidSubmission`, `UnknownPattern`, `UnpricedModel`.
    """
    pattern = PATTERNS.get(submission.pattern)
    if pattern is None:
        known = ", ".join(PATTERNS)
        raise UnknownPattern(f"Unknown pattern “{submission.pattern}”. Known: {known}.")
    _check_texts(submission)
    _check_cap(submission.max_cost_usd)
    _check_prompts(pattern, submission.prompts)
    prices = _prices(submission)
    spec = spec_of_submission(
        submission,
        model=_model(submission.model, prices, "model"),
        roles=_roles(submission.roles, prices),
        params=_params(pattern, submission.params),
        tools=_tools(submission.tools),
    )
    reason = AUTO_REASON if submission.model == AUTO else ASKED_REASON
    return Plan(spec, {model: prices[model] for model in spec.models}, reason)


def _check_texts(submission: Submission) -> None:
    if not submission.task.strip():
        raise InvalidSubmission("The task is empty.", field="task")
    if len(submission.task.encode()) > settings.MAX_TASK_BYTES:
        raise TaskTooLarge(
            f"The task is longer than {settings.MAX_TASK_BYTES:,} bytes.", field="task"
        )
    for field, most in MAX_BYTES.items():
        if len(json.dumps(getattr(submission, field), ensure_ascii=False).encode()) > most:
            raise SubmissionTooLarge(f"This is longer than {most:,} bytes in all.", field=field)


def _check_cap(cap: Decimal | None) -> None:
    if cap is None:
        return
    if not (cap.is_finite() and 0 < cap <= MAX_CAP_USD):
        raise InvalidSubmission(
            f"The cost limit is more than $0 and at most ${MAX_CAP_USD:,}.", field="max_cost_usd"
        )
    if fraction_digits(cap) > CAP_DIGITS:
        raise InvalidSubmission(
            f"The cost limit has at most {CAP_DIGITS} decimals.", field="max_cost_usd"
        )


def _params(pattern: AnyPattern, params: Mapping[str, Any]) -> dict[str, Any]:
    try:
        # As JSON, so that "3" and true are no numbers here either.
        strict = pattern.params.model_validate_json(json.dumps(params), strict=True)
        return strict.model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InvalidSubmission(
                f"{pattern.label} has no parameter “{name}”.", field=f"params.{name}"
            ) from error
        raise InvalidSubmission(first["msg"], field=f"params.{name}") from error


def _tools(names: tuple[str, ...] | None) -> tuple[str, ...]:
    if names is None:
        return tuple(TOOLS)
    for name in names:
        if name not in TOOLS:
            raise InvalidSubmission(f"There is no tool “{name}”.", field="tools")
    return tuple(dict.fromkeys(names))


def _prices(submission: Submission) -> dict[str, ModelPrices]:
    """The prices of the offered models that may be meant; those without a price are left out."""
    asked = {submission.model, *submission.roles.values()}
    offered = settings.PROVIDER_MODELS
    meant = [model for model in offered if AUTO in asked or model in asked]
    return {model: prices for model, prices in prices_of(meant).items() if prices}


def _model(name: str, prices: Mapping[str, ModelPrices], field: str) -> str:
    """The model to call."""
    offered = settings.PROVIDER_MODELS
    if name == AUTO:
        chosen = next((model for model in offered if model in prices), None)
        if chosen is None:
            raise UnpricedModel("None of the offered models has a price.", field=field)
        return chosen
    if name not in offered:
        raise InvalidSubmission(
            f"“{name}” is not offered here. Offered: {', '.join(offered)}.", field=field
        )
    if name not in prices:
        raise UnpricedModel(f"“{name}” has no price, so its cost can't be bounded.", field=field)
    return name


def _roles(roles: Mapping[str, str], prices: Mapping[str, ModelPrices]) -> dict[str, str]:
    """The models of the roles that have one of their own."""
    for role in roles:
        if role not in ROLES:
            raise InvalidSubmission(
                f"There is no role “{role}”. Roles: {', '.join(ROLES)}.", field="roles"
            )
    return {role: _model(name, prices, f"roles.{role}") for role, name in roles.items()}


def _check_prompts(pattern: AnyPattern, prompts: Mapping[str, Mapping[str, str]]) -> None:
    if problems := prompt_problems(pattern.label, pattern.steps, prompts):
        raise InvalidSubmission(" ".join(problems), field="prompts")
