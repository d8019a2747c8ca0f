"""One look at the site: all that is worth telling and isn't told yet, is told."""

import logging

from runs.alerts.causes import CAUSES, Cause
from runs.alerts.causes.hours import sum_up
from runs.alerts.services.telling import tell

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Tell of all causes; returns how many alerts are new. A cause that fails stops no other one.

    Sweeps may run side by side, be cut at any statement and be repeated.
    """
    sum_up()
    return sum(_tell_all(cause) for cause in CAUSES)


def _tell_all(cause: Cause) -> int:
    told = 0
    try:
        for finding in cause():
            told += tell(finding) is not None
    except Exception:  # whatever it is, it must not keep the other causes
        logger.exception(
            "alerts can't be looked for; trying again", extra={"cause": cause.__module__}
        )
    return told
