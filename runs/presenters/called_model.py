"""The model that answers a run, where it isn't the one that was asked for."""

from collections.abc import Iterable

from billing.models import LedgerEntry
from runs.models import Run, RunEvent


def called_model(run: Run, events: Iterable[RunEvent], entries: Iterable[LedgerEntry]) -> str:
    """The run's model; with it, those that were called while its calls kept failing."""
    told = (event.data for event in events if event.data.get("code") == "fallback")
    others = [data["called"] for data in told if data.get("asked") == run.chosen_model]
    if not others:
        return run.chosen_model
    called = " and ".join(dict.fromkeys(others))
    if any(entry.model == run.chosen_model for entry in entries):
        return f"{run.chosen_model}, for some calls {called}"
    return f"{called} instead of {run.chosen_model}"
