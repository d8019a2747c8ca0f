"""What is advised for some answers, and what the site knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from runs.engine.choosing import ranked
from runs.engine.registry import PATTERNS
from runs.selectors.medians import Medians, medians
from runs.selectors.tools import own_tools
from runs.services.auto import usual_model


@dataclass(frozen=True, slots=True)
class Advice:
    """The keys of the two patterns that suit best, and the past of each with this model.

    `left_out` would suit better than `best` and can't run here: why not, by key.
    """

    best: str
    second: str | None
    left_out: Mapping[str, str]
    model: str | None
    past: Mapping[str, Medians]


def advice(answers: Mapping[str, str]) -> Advice | None:
    """The advice for these answers; None while there is no answer, or nothing to advise."""
    suits = {key: pattern.suits for key, pattern in PATTERNS.items() if pattern.suits}
    refused = _refused()
    order = ranked(answers, suits)
    able = [key for key in order if key not in refused]
    if not (answers and able):
        return None
    best, *others = able
    better = order[: order.index(best)]
    model = usual_model()
    return Advice(
        best=best,
        second=others[0] if others else None,
        left_out={key: refused[key] for key in better},
        model=model,
        past=medians(able[:2], model) if model else {},
    )


def _refused() -> dict[str, str]:
    """Why a pattern can't work with the tools of this site, for each that can't."""
    tools = own_tools()
    found = {key: pattern.refusal(pattern.params(), tools) for key, pattern in PATTERNS.items()}
    return {key: reason for key, reason in found.items() if reason}
