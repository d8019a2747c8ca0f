"""ReAct: calls the tools that the task needs, then answers from what they said."""

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import findings, schema, tool_calls


def reply(request: ChatRequest, talk: Conversation) -> Reply | None:
    """Tool calls while some are needed; the answer once tools have been heard."""
    if calls := tool_calls.asked_for(request, talk):
        return calls
    if talk.observations and not schema.wanted(request, talk):
        return Reply(content=findings.answer(talk))
    return None
