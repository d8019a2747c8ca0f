"""Plan-and-Solve: a plan whose first steps stand side by side, their results, and the answer."""

from typing import Any

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import prose, schema
from agentsite.simulator.writing.topic import subject_of

_STEPS = (
    ("aim", "Settle the aim", "State in one sentence what has to be achieved.", ()),
    ("known", "Gather what is known", "List what the task gives, with values and units.", ()),
    ("work", "Work it out", "Find the result from what is known.", ("aim", "known")),
)
_DONE_WHEN = "It can be read without the other steps."


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """A plan, a step's result or the answer."""
    if "carry out one step of a plan" in talk.system:
        return _written(request, talk, _result(talk))
    if "You plan how a task is solved" in talk.system:
        return _written(request, talk, _plan(talk))
    if "from the results of the steps" in talk.system:
        return Reply(content=prose.compose(talk.task, polished=True))
    return None


def _written(request: ChatRequest, talk: Conversation, values: dict[str, Any]) -> Reply:
    wanted = schema.wanted(request, talk)
    return Reply(content=schema.written_with(wanted, talk.task, values))


def _plan(talk: Conversation) -> dict[str, Any]:
    steps = [
        {
            "id": id,
            "title": title,
            "instruction": instruction,
            "depends_on": [*needs],
            "done_when": _DONE_WHEN,
        }
        for id, title, instruction, needs in _STEPS
    ]
    return {"understanding": f"The task: {subject_of(talk.task)}.", "known": [], "steps": steps}


def _result(talk: Conversation) -> dict[str, str]:
    result = prose.compose(talk.task, polished=True)
    return {"result": result, "status": "ok", "note": "Done by the simulator."}
