"""What the model answers: a fault that was asked for, a pattern's script, or a plain text."""

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.faults import Faults
from agentsite.simulator.patterns import scripted
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply
from agentsite.simulator.writing import prose, schema, tool_calls

_REFUSAL = "I'm sorry, but I can't help with that."


def answer(request: ChatRequest, faults: Faults) -> Reply:
    """The answer to a request."""
    talk = Conversation.of(request.messages)
    reply = _faulty(request, faults)
    if reply is None:
        reply = scripted(request, talk) or _plain(request, talk)
        if request.schema and not schema.fits(reply.content, request.schema):
            # An endpoint holds its model to the schema, whatever the script says.
            return Reply(content=schema.written(request.schema, talk.task))
    return reply


def _faulty(request: ChatRequest, faults: Faults) -> Reply | None:
    if faults.refuse:
        return Reply(refusal=_REFUSAL)
    if faults.empty:
        return Reply()
    if faults.chunks is not None:
        # One token each, so that chunks, tokens and words are the same number.
        return Reply(content=" word" * faults.chunks)
    return tool_calls.misused(request, faults) if request.tool_choice != "none" else None


def _plain(request: ChatRequest, talk: Conversation) -> Reply:
    if wanted := schema.wanted(request, talk):
        return Reply(content=schema.written(wanted, talk.task))
    return Reply(content=prose.compose(talk.task, polished=True))
