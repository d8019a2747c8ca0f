"""A conversation with tools as it grows, and as a text of what was found."""

from runs.engine import tokens
from runs.engine.calls import history
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
        self._ids = history.CallIds()
        self._open: list[tuple[ToolCall, str]] = []

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
        ids = [self._ids.of(call) for call in reply.tool_calls]
        self._open += zip(reply.tool_calls, ids, strict=True)
        self._messages.append(history.turn(reply, ids))

    def observed(self, call: ToolCall, text: str) -> None:
        """Add the answer to one tool call, the first of its like that has none yet."""
        place = next(place for place, (asked, _) in enumerate(self._open) if asked == call)
        _, id = self._open.pop(place)
        self._messages.append({"role": "tool", "tool_call_id": id, "content": text})
        self._findings.append(f"{call.name}({call.arguments}):\n{text}")

    def fit(self, context_tokens: int | None = None) -> None:
        """Cut the oldest observations until the conversation fits a window of so many tokens."""
        most = int((context_tokens or CONTEXT_TOKENS) * MAX_CONTEXT_SHARE)
        self._messages = fitted(self._messages, most)


def fitted(messages: list[Message], most_tokens: int) -> list[Message]:
    """The messages, with observations cut to head and tail, oldest first, as far as needed."""
    # Bytes bound tokens, and counting has to load the tokenizer first: a tenth of a second.
    if tokens.bound_input(messages, [], None) <= most_tokens:
        return messages
    left = tokens.count_input(messages, [], None) - most_tokens
    fitting = list(messages)
    for index, message in enumerate(messages):
        if left <= 0:
            break
        if message["role"] == "tool" and len(message["content"]) > 2 * OLD_OBSERVATION_CHARS:
            short = shortened(message["content"], OLD_OBSERVATION_CHARS)
            left -= tokens.count(message["content"]) - tokens.count(short)
            fitting[index] = message | {"content": short}
    return fitting
