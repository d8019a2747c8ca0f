"""What a submission must satisfy before it becomes a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from billing.money import fraction_digits
from billing.pricing import price_of, prices_of
from runs.engine.pattern import Pattern
from runs.engine.prompts import problems as prompt_problems
from runs.engine.registry import PATTERNS
from runs.engine.roles import ROLES
from runs.engine.tools.registry import TOOLS
from runs.errors import InvalidSubmission, TaskTooLarge, UnknownPattern, UnpricedModel
from runs.services.submission import Submission

MAX_CAP_USD = 100_000
CAP_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What a checked submission comes to."""

    params: dict[str, Any]
    tools: tuple[str, ...]
    model: str
    reason: str


def checked(submission: Submission) -> Plan:
    """Check everything that can be checked before money is spent.

    Raises `InvalidSubmission`, `UnknownPattern`, `UnpricedModel`.
    """
    pattern = PATTERNS.get(submission.pattern)
    if pattern is None:
        known = ", ".join(PATTERNS)
        raise UnknownPattern(f"Unknown pattern “{submission.pattern}”. Known: {known}.")
    _check_texts(submission)
    _check_cap(submission.max_cost_usd)
    _check_prompts(pattern, submission.prompts)
    model, reason = _model(submission.model)
    for role, name in submission.roles.items():
        _check_role(role)
        _model(name, field=f"roles.{role}")
    return Plan(
        params=_params(pattern, submission.params),
        tools=_tools(submission.tools),
        model=model,
        reason=reason,
    )


def _check_texts(submission: Submission) -> None:
    if not submission.task.strip():
        raise InvalidSubmission("The task is empty.", field="task")
    if len(submission.task.encode()) > settings.MAX_TASK_BYTES:
        raise TaskTooLarge(
            f"The task is longer than {settings.MAX_TASK_BYTES:,} bytes.", field="task"
        )


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


def _params(pattern: Pattern, params: Mapping[str, Any]) -> dict[str, Any]:
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


def _model(name: str, field: str = "model") -> tuple[str, str]:
    """The model to call, and why it was chosen."""
    offered = settings.PROVIDER_MODELS
    if name == "auto":
        prices = prices_of(offered)
        chosen = next((model for model in offered if prices[model]), None)
        if chosen is None:
            raise UnpricedModel("None of the offered models has a price.", field=field)
        return chosen, "The first model that this site offers."
    if name not in offered:
        raise InvalidSubmission(
            f"“{name}” is not offered here. Offered: {', '.join(offered)}.", field=field
        )
    if price_of(name) is None:
        raise UnpricedModel(f"“{name}” has no price, so its cost can't be bounded.", field=field)
    return name, "Chosen by the request."


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InvalidSubmission(
            f"There is no role “{role}”. Roles: {', '.join(ROLES)}.", field="roles"
        )


def _check_prompts(pattern: Pattern, prompts: Mapping[str, Mapping[str, str]]) -> None:
    if problems := prompt_problems(pattern, prompts):
        raise InvalidSubmission(" ".join(problems), field="prompts")
