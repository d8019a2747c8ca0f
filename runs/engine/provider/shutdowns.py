"""When providers shut models down: how their lists say it, and what people read of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

# OpenAI's, Mistral's and OpenRouter's word for it. A time of day doesn't matter.
FIELDS = ("shutdown_date", "deprecation", "expiration_date")


def listed(answer: Any) -> dict[str, date]:
    """The dates in the answer of `GET /models`, by model; what can't be read is passed over."""
    models = answer.get("data") if isinstance(answer, dict) else None
    return {
        model["id"]: ends
        for model in (models if isinstance(models, list) else ())
        if isinstance(model, dict) and isinstance(model.get("id"), str) and (ends := _date(model))
    }


def _date(model: Mapping[str, Any]) -> date | None:
    for field in FIELDS:
        try:
            return date.fromisoformat(model[field][:10])
        except (KeyError, TypeError, ValueError):
            continue
    return None


def in_words(day: date) -> str:
    """`14 January 2027`."""
    return f"{day.day} {day:%B %Y}"


def sentence(model: str, day: date, today: date) -> str:
    """What becomes of a model, or has become of it."""
    if day <= today:
        return f"“{model}” was shut down on {in_words(day)}."
    return f"“{model}” will be shut down on {in_words(day)}."
