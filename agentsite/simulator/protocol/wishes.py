"""Reasoning effort, verbosity and parallel calls: each model takes what it takes at OpenAI."""

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import bad_request
from .models import reasons

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITIES = ("low", "medium", "high")
_FIRST_OF_ITS_KIND = ("gpt-5", "gpt-5-mini", "gpt-5-nano")


def check_wishes(body: Mapping[str, Any], model: str) -> None:
    """Raise a 400 for a wish that the model doesn't take."""
    if body.get("reasoning_effort") is not None:
        if not reasons(model):
            raise _unsupported("reasoning_effort")
        _check(body, "reasoning_effort", _efforts(model))
    if body.get("verbosity") is not None:
        _check(body, "verbosity", _VERBOSITIES if model.startswith("gpt-5") else ("medium",))
    if "parallel_tool_calls" in body and model.startswith("o"):
        raise _unsupported("parallel_tool_calls")


def _efforts(model: str) -> Sequence[str]:
    if model.startswith("o"):
        return _EFFORTS[2:5]
    return _EFFORTS[1:5] if model in _FIRST_OF_ITS_KIND else _EFFORTS


def _check(body: Mapping[str, Any], name: str, known: Sequence[str]) -> None:
    if body[name] not in known:
        message = (
            f"Unsupported value: '{name}' does not support '{body[name]}' with this model. "
            f"Supported values are: {', '.join(map(repr, known))}."
        )
        raise bad_request(message, name, "unsupported_value")


def _unsupported(name: str) -> Exception:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return bad_request(message, name, "unsupported_parameter")
