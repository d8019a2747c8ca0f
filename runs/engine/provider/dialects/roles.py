"""Changes of who speaks after whom."""

from collections.abc import Callable

from runs.engine.provider.dialects.rule import Body, Change
from runs.engine.types import Message

Turns = list[Message]
SYSTEM = ("system", "developer")
BRIDGE = "Understood."


def turns(change: Callable[[Turns], Turns]) -> Change:
    """A change of the messages alone."""

    def whole(body: Body) -> Body:
        return body | {"messages": change(body["messages"])}

    return whole


def system_in_user(messages: Turns) -> Turns:
    """What the system says begins the first message of the user."""
    told = [message["content"] for message in messages if message["role"] in SYSTEM]
    rest = [message for message in messages if message["role"] not in SYSTEM]
    if not told:
        return messages
    if not rest or rest[0]["role"] != "user":
        return [{"role": "user", "content": "\n\n".join(told)}, *rest]
    opening = "\n\n".join((*told, rest[0]["content"]))
    return [rest[0] | {"content": opening}, *rest[1:]]


def developer_is_system(messages: Turns) -> Turns:
    """What the developer says is said by the system."""
    return [m | {"role": "system"} if m["role"] == "developer" else m for m in messages]


def bridged(messages: Turns) -> Turns:
    """A word of the assistant stands between a tool's result and the user."""
    spoken: Turns = []
    for message in messages:
        if message["role"] == "user" and spoken and spoken[-1]["role"] == "tool":
            spoken.append({"role": "assistant", "content": BRIDGE})
        spoken.append(message)
    return spoken


def merged(messages: Turns) -> Turns:
    """Neighbours of the same role are one message; tools' results are left alone."""
    spoken: Turns = []
    for message in messages:
        if spoken and _same_speaker(spoken[-1], message):
            text = f"{spoken[-1]['content']}\n\n{message['content']}"
            spoken[-1] = spoken[-1] | {"content": text}
        else:
            spoken.append(message)
    return spoken


def _same_speaker(one: Message, other: Message) -> bool:
    if one["role"] != other["role"] or one["role"] == "tool":
        return False
    return "tool_calls" not in one and "tool_calls" not in other
