"""What the journal tells viewers of its own accord."""

from collections.abc import Mapping
from typing import Any

PERIODS = {"day": "a day", "month": "a month", "total": "in total"}


def out_of_money(refusal: Mapping[str, Any] | None, waited_s: float) -> dict[str, Any]:
    """The notice that a run stops buying, with the figures of the limit that stopped it.

    Without a refusal, others held the money for as long as a run waits.
    """
    if refusal is None:
        message = f"Stopped buying: others have held the rest of the budget for {waited_s:.0f} s."
        return {"code": "out_of_money", "message": message}
    limit = "this run’s own limit"
    if refusal["scope"] != "run":
        scope = "API token" if refusal["scope"] == "token" else refusal["scope"]
        limit = f"the {scope} budget {PERIODS[refusal['window']]}"
    message = (
        f"Stopped buying: the next call could have cost ${refusal['requested_usd']}. "
        f"Of ${refusal['limit_usd']}, {limit}, ${refusal['settled_usd']} was settled "
        f"and ${refusal['held_usd']} held."
    )
    return {"code": "out_of_money", "message": message, **refusal}
