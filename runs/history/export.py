"""The rows of the list for a spreadsheet."""

from collections.abc import Iterable, Iterator
from typing import Any

from billing.money import format_usd
from runs.models import Run

TIMES = ("created_at", "started_at", "finished_at")
DOLLARS = ("cost_usd", "estimated_usd", "in_doubt_usd", "saved_usd")
COLUMNS = (
    *("id", *TIMES, "status", "pattern", "model", "chosen_model", "simulated", "task"),
    *("tags", "session_id", "customer", "feedback", "answer_kind", "stop_reason", "cache_hit"),
    *("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens"),
    *("llm_calls", "tool_calls", *DOLLARS),
)
# What people wrote, or whoever made a pattern or a model.
TEXTS = ("pattern", "model", "chosen_model", "task", "tags", "session_id", "customer")


def csv_rows(runs: Iterable[Run]) -> Iterator[dict[str, Any]]:
    """A row a run, by `COLUMNS`; times are in UTC, dollars have every digit."""
    for run in runs:
        yield {
            **{name: getattr(run, name) for name in COLUMNS},
            **{name: _time(getattr(run, name)) for name in TIMES},
            **{name: format_usd(getattr(run, name)) for name in DOLLARS},
            "tags": ", ".join(run.tags),
        }


def _time(moment: Any) -> str:
    return moment.isoformat() if moment else ""
