"""One file for each pattern, named by its key: what a model answers to the pattern's calls.

Each file has `reply(request, talk)`, which answers the calls of its own pattern, told by their
prompts and schemas, and returns None for all others. Files are found by themselves.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from agentsite.simulator.conversation import Conversation
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.reply import Reply

Script = Callable[[ChatRequest, Conversation], Reply | None]

SCRIPTS: dict[str, Script] = {
    module.name: import_module(f"{__name__}.{module.name}").reply
    for module in iter_modules(__path__)
}


def scripted(request: ChatRequest, talk: Conversation) -> Reply | None:
    """What the first pattern that knows this call answers to it."""
    replies = (script(request, talk) for script in SCRIPTS.values())
    return next((reply for reply in replies if reply is not None), None)
