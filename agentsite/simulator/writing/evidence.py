"""Reads the evidence that a prompt carries: calls that others made, and what these brought."""

import re

from agentsite.simulator.conversation import Conversation, Observation

_EVIDENCE = re.compile(
    r'<evidence id="[^"]*" for="[^"]*">\n(\w+)\((.*?)\)\n(.*?)\n</evidence>', re.DOTALL
)


def gathered(talk: Conversation) -> tuple[Observation, ...]:
    """The calls in the order of the prompt."""
    found = _EVIDENCE.findall("\n".join(talk.user_texts))
    return tuple(Observation(tool, arguments, result) for tool, arguments, result in found)
