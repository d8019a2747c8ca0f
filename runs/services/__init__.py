"""Submit and cancel; and ending doubt about money."""

from runs.services.cancel import cancel_run, end_runs_of
from runs.services.doubt import KnownUsage, resolve_doubt
from runs.services.submit import Submitted, submit_run
from runs.submission import Submission

__all__ = [
    "KnownUsage",
    "Submission",
    "Submitted",
    "cancel_run",
    "end_runs_of",
    "resolve_doubt",
    "submit_run",
]
