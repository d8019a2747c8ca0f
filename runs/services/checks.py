"""What a submission must satisfy before it becomes a run."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from pydantic import ValidationError

from billing.money import ModelPrices, fraction_digits
from runs.auto.tiers import Choice
from runs.denied import denied
from runs.engine import answer_schema
from runs.engine.pattern import AnyPattern, Params
from runs.engine.prompts import problems as prompt_problems
from runs.engine.registry import KNOWN, PATTERNS
from runs.engine.roles import ROLES
from runs.engine.types import Spec
from runs.engine.wishes import EFFORTS, VERBOSITIES
from runs.errors import (
    InvalidSubmission,
    SubmissionTooLarge,
    TaskTooLarge,
    UnknownPattern,
    UnpricedModel,
)
from runs.services.auto import AUTO, choice_for, route_of
from runs.services.labels import check_labels
from runs.services.supply import Supply, present_supply
from runs.services.tools import chosen_tools
from runs.spec import spec_of_submission
from runs.submission import Submission

logger = logging.getLogger(__name__)

MAX_CAP_USD = 100_000
CAP_DIGITS = 12
# A run is stored before anything is paid for it. In bytes of JSON.
MAX_BYTES = {
    "custom_instructions": 20_000,
    "goals": 10_000,
    "prompts": 50_000,
    "metadata": 10_000,
    "tools": 10_000,
    "roles": 10_000,
    "answer_schema": answer_schema.MAX_BYTES,
}
ASKED_REASON = "Chosen by the request."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a checked submission comes to: the prices of all its models, and why its model.

    `choice` is there where its model was left to `auto`; `route` is what a run keeps of it.
    """

    spec: Spec
    prices: Mapping[str, ModelPrices]
    reason: str = ASKED_REASON
    choice: Choice | None = None
    route: dict[str, Any] | None = None


def checked(submission: Submission, supply: Supply | None = None) -> Plan:
    """Check everything that can be checked before money is spent.

    The supply is the present one, unless it was read lately. Raises `InvalidSubmission`,
    `UnknownPattern`, `UnpricedModel`.
    """
    pattern = KNOWN.get(submission.pattern)
    if pattern is None:
        known = ", ".join(PATTERNS)
        raise UnknownPattern(f"Unknown pattern “{submission.pattern}”. Known: {known}.")
    if not submission.task.strip():
        raise InvalidSubmission("The task is empty.", field="task")
    check_texts(submission)
    _check_cap(submission.max_cost_usd)
    check_prompts(pattern, submission.prompts)
    _check_wish(submission.reasoning_effort, EFFORTS, "reasoning_effort")
    _check_wish(submission.verbosity, VERBOSITIES, "verbosity")
    params = _params(pattern, submission.params)
    check_allowed(("params", text) for text in pattern.texts(params))
    supply = supply or present_supply()
    check_labels(submission, supply.customers)
    tools = chosen_tools(submission.tools, supply)
    if refusal := pattern.refusal(params, tools.names):
        raise InvalidSubmission(refusal, field="tools")
    prices = supply.prices
    schema = schema_text(submission.answer_schema)
    usual_calls = pattern.formula(params, form=schema != "")[1]
    choice = choice_for(submission, calls=usual_calls, supply=supply)
    spec = spec_of_submission(
        submission,
        model=_model(submission.model, prices, choice, "model"),
        roles=_roles(submission.roles, prices, choice),
        params=params.model_dump(mode="json"),
        tools=tools.names,
        declared=tools.declared,
        answer_schema=schema,
    )
    needed = {model: prices[model] for model in spec.models}
    if submission.model != AUTO or choice is None:
        return Plan(spec, needed)
    return Plan(spec, needed, choice.reason, choice, route_of(choice, spec, prices))


def check_texts(submission: Submission) -> None:
    """Raise `TaskTooLarge` or `SubmissionTooLarge` for what has more bytes than a run keeps."""
    if len(submission.task.encode()) > settings.MAX_TASK_BYTES:
        raise TaskTooLarge(
            f"The task is longer than {settings.MAX_TASK_BYTES:,} bytes.", field="task"
        )
    check_sizes({field: getattr(submission, field) for field in MAX_BYTES})
    check_allowed(submission.texts)


def check_allowed(texts: Iterable[tuple[str, str]]) -> None:
    """Raise `InvalidSubmission` for a text that matches what this site denies."""
    if not settings.DENIED_PATTERNS:
        return
    for field, text in texts:
        if denied(text):
            logger.info("a submission was denied for its %s", field)
            raise InvalidSubmission("It has something that this site does not take.", field=field)


def check_sizes(fields: Mapping[str, Any]) -> None:
    """Raise `SubmissionTooLarge` for a field with more bytes than a run keeps."""
    for field, value in fields.items():
        _check_size(field, value, MAX_BYTES[field])


def _check_size(field: str, value: Any, most: int) -> None:
    if value and len(json.dumps(value, ensure_ascii=False).encode()) > most:
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


def _check_wish(wish: str, known: Sequence[str], field: str) -> None:
    if wish and wish not in known:
        raise InvalidSubmission(f"It is one of {', '.join(known)}, or empty.", field=field)


def _params(pattern: AnyPattern, params: Mapping[str, Any]) -> Params:
    _check_size("params", params, pattern.params_bytes)
    try:
        # As JSON, so that "3" and true are no numbers here either.
        return pattern.params.model_validate_json(json.dumps(params), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InvalidSubmission(
                f"{pattern.label} has no parameter “{name}”.", field=f"params.{name}"
            ) from error
        raise InvalidSubmission(first["msg"], field=f"params.{name}") from error


def schema_text(schema: dict[str, Any] | None) -> str:
    """The schema as the engine takes it; empty where any text will do."""
    if schema is None:
        return ""
    try:
        return orjson.dumps(answer_schema.ready(schema)).decode()
    except answer_schema.Unusable as error:
        raise InvalidSubmission(str(error), field="answer_schema") from error


def _model(name: str, prices: Mapping[str, ModelPrices], choice: Choice | None, field: str) -> str:
    """The model to call."""
    offered = settings.PROVIDER_MODELS
    if name == AUTO:
        if choice is None:
            raise UnpricedModel("None of the offered models has a price.", field=field)
        return choice.model
    if name not in offered:
        raise InvalidSubmission(
            f"“{name}” is not offered here. Offered: {', '.join(offered)}.", field=field
        )
    if name not in prices:
        raise UnpricedModel(f"“{name}” has no price, so its cost can't be bounded.", field=field)
    return name


def _roles(
    roles: Mapping[str, str], prices: Mapping[str, ModelPrices], choice: Choice | None
) -> dict[str, str]:
    """The models of the roles that have one of their own."""
    for role in roles:
        if role not in ROLES:
            raise InvalidSubmission(
                f"There is no role “{role}”. Roles: {', '.join(ROLES)}.", field="roles"
            )
    return {role: _model(name, prices, choice, f"roles.{role}") for role, name in roles.items()}


def check_prompts(pattern: AnyPattern, prompts: Mapping[str, Mapping[str, str]]) -> None:
    """Raise `InvalidSubmission` for overrides that a pattern can't use, with all their faults."""
    if problems := prompt_problems(pattern.label, pattern.steps, prompts):
        raise InvalidSubmission(" ".join(map(str, problems)), field="prompts")
