"""Submit, cancel, answer what a run asks for; and ending doubt about money."""

from runs.services.approve import Verdict, decide_call
from runs.services.cancel import cancel_run, end_runs_of
from runs.services.doubt import KnownUsage, Settled, resolve_doubt, settle_exactly
from runs.services.fund import Funded, fund_run
from runs.services.submit import Submitted, submit_run
from runs.submission import Submission

__all__ = [
    "Funded",
    "KnownUsage",
    "Settled",
    "Submission",
    "Submitted",
    "Verdict",
    "cancel_run",
    "decide_call",
    "end_runs_of",
    "fund_run",
    "resolve_doubt",
    "settle_exactly",
    "submit_run",
]
