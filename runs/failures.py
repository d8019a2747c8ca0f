"""Why a run failed, by code, and what its reader can do about it. A provider's codes are its own.

`docs/api.md` lists the same codes.
"""

from runs.engine.provider.failures import FAILURES

# What the reader can do; empty where there is nothing to say.
ADVICE = {
    "account_disabled": "Staff can switch the account on again; then rerun it.",
    "budget_exceeded": "Rerun it when money is free again.",
    "deadline": "Rerun it with more time, or a smaller task.",
    "internal": "Rerun it; if it fails again, tell staff its reference.",
    "model_unavailable": "Its model isn’t called now: rerun it later, or with another model.",
    "model_uncapped": "Rerun it with another model: this one writes more than it may.",
    "poisoned": "Something in this task stops the worker: staff can look at its reference.",
    "provider_changed": "Rerun it: it was submitted when another provider answered here.",
    "tool_missing": "Rerun it with the tool that it names.",
    "unpriced_model": "Staff can set a price for this model; then rerun it.",
    "refused": "",
    "empty_answer": "",
}


def advice_for(code: str) -> str:
    """What the reader of a failed run can do."""
    if failure := FAILURES.get(code):
        return failure.advice
    return ADVICE.get(code, "")
