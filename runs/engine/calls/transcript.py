"""A conversation with tools as it grows, and as a text of what was found."""

from runs.engine import tokens
from runs.engine.tools.tool import shortened
from runs.engine.types import Message, Reply, ToolCall

# Of windows of 128k tokens, the smallest among current models that take tools.
CONTEXT_TOKENS = 128_000
MAX_CONTEXT_SHARE = 0.7
OLD_OBSERVATION_CHARS = 400


class Transcript:
    """Messages in order. Each tool call is answered by exactly one tool message."""

    def __init__(self, opening: list[Message]) -> None:
        self._messages = list(opening)
        self._findings: list[str] = []

    def messages(self) -> list[Message]:
        """The conversation so far, as a list of its own."""
        return list(self._messages)

    @property
    def findings(self) -> str:
        """What the tools said, as text for a reader without tools."""
        return "\n\n".join(self._findings)

    def say(self, text: str) -> None:
        """Add a user message."""
        self._messages.append({"role": "user", "content": text})

    def wrote(self, text: str) -> None:
        """Add a reply of the model that is only text."""
        self._messages.append({"role": "assistant", "content": text})

    def asked(self, reply: Reply) -> None:
        """Add the model's reply with its tool calls."""
        self._messages.append(
            {
                "role": "assistant",
                "content": reply.content or None,
                "tool_calls": [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {"name": call.name, "arguments": call.arguments},
                    }
                    for call in reply.tool_calls
                ],
            }
        )

    def observed(self, call: ToolCall, text: str) -> None:
        """Add the answer to one tool call."""
        self._messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
        self._findings.append(f"{call.name}({call.arguments}):\n{text}")

    def fit(self) -> None:
        """Cut the oldest observations to head and tail until the conversation fits."""
        most = int(CONTEXT_TOKENS * MAX_CONTEXT_SHARE)
        # Bytes bound tokens, and counting has to load the tokenizer first: a tenth of a second.
        if tokens.bound_input(self._messages, [], None) <= most:
            return
        left = tokens.count_input(self._messages, [], None) - most
        for index, message in enumerate(self._messages):
            if left <= 0:
                return
            if message["role"] == "tool" and len(message["content"]) > 2 * OLD_OBSERVATION_CHARS:
                short = shortened(message["content"], OLD_OBSERVATION_CHARS)
                left -= tokens.count(message["content"]) - tokens.count(short)
                self._messages[index] = message | {"content": short}
