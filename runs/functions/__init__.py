"""The typed door to the SQL functions of a run's life, one Python function each.

What a worker calls takes the run and the epoch that owns it, and answers `fenced` to any other.
"""

from runs.functions.answers import (
    Answer,
    Claimed,
    Events,
    Executing,
    FundAnswer,
    HoldAnswer,
    Outcome,
    SettleAnswer,
    SubmitAnswer,
    Swept,
)
from runs.functions.awaiting import decide, fund, pause
from runs.functions.calls import hold_call, record_tool, settle_call
from runs.functions.doubt import note_on_step, resolve, settle_exactly
from runs.functions.intake import SubmitCall, submit, submit_all
from runs.functions.lifecycle import (
    abandon,
    begin,
    cancel_waiting,
    fail_waiting,
    finish,
    hand_back,
    hand_over,
    poison,
)
from runs.functions.notices import append_event, emit, tell_recovered
from runs.functions.queue import claim, executing, sweep

__all__ = [
    "Answer",
    "Claimed",
    "Events",
    "Executing",
    "FundAnswer",
    "HoldAnswer",
    "Outcome",
    "SettleAnswer",
    "SubmitAnswer",
    "SubmitCall",
    "Swept",
    "abandon",
    "append_event",
    "begin",
    "cancel_waiting",
    "claim",
    "decide",
    "emit",
    "executing",
    "fail_waiting",
    "finish",
    "fund",
    "hand_back",
    "hand_over",
    "hold_call",
    "note_on_step",
    "pause",
    "poison",
    "record_tool",
    "resolve",
    "settle_call",
    "settle_exactly",
    "submit",
    "submit_all",
    "sweep",
    "tell_recovered",
]
