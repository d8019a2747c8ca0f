"""Messages of a chat, checked, and what of them is the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runs.cleaning import cleaned
from runs.engine.types import Message
from runs.openai.fields import Fields, InvalidField, UnsupportedField

INSTRUCTING = frozenset({"system", "developer"})
ROLES = INSTRUCTING | {"user", "assistant", "tool"}
TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
CONTEXT = """\
<conversation>
{turns}
</conversation>

This is the conversation so far, for context. The task is the latest message of the user:

{task}"""
TURN = '<message from="{role}">\n{text}\n</message>'


@dataclass(frozen=True, slots=True)
class Conversation:
    """Checked messages. The last one of the user is the task."""

    messages: Sequence[Message]
    place: int
    param: str

    @classmethod
    def of(cls, messages: Sequence[Message], param: str) -> "Conversation":
        """Raises `InvalidField` where no message of the user says anything."""
        for place in range(len(messages) - 1, -1, -1):
            message = messages[place]
            if message["role"] == "user" and message["content"].strip():
                return cls(messages, place, param)
        raise InvalidField("There is no message of the user.", field=param)

    @property
    def task(self) -> str:
        """The last message of the user."""
        return str(self.messages[self.place]["content"])

    @property
    def before(self) -> list[Message]:
        """What stands before the task."""
        return list(self.messages[: self.place])

    @property
    def after(self) -> list[Message]:
        """What stands after it."""
        return list(self.messages[self.place + 1 :])

    @property
    def instructions(self) -> str:
        """What the system and the developer say."""
        said = [m["content"] for m in self.messages if m["role"] in INSTRUCTING]
        return "\n\n".join(text for text in said if text.strip())

    @property
    def with_context(self) -> str:
        """The task after the turns before it, for a pattern, which takes one text.

        Raises `UnsupportedField` for calls of tools, and where the user hasn't the last word.
        """
        turns = [m for m in self.messages if m["role"] not in INSTRUCTING]
        if any(m["role"] == "tool" or "tool_calls" in m for m in turns):
            said = (
                "A pattern uses tools of this site; the caller's are for a model by its own name."
            )
            raise UnsupportedField(said, field=self.param)
        if turns[-1]["role"] != "user":
            raise UnsupportedField("The last message has to be the user's.", field=self.param)
        *earlier, _ = turns
        if not earlier:
            return self.task
        shown = [TURN.format(role=m["role"], text=m["content"]) for m in earlier]
        return CONTEXT.format(turns="\n".join(shown), task=self.task)


def text_of(content: Any, param: str) -> str:
    """The text of a message: a string, or parts that are text."""
    if isinstance(content, str):
        return cleaned(content)
    if not isinstance(content, list):
        raise InvalidField("The content has to be text.", field=param)
    parts = (_part(part, f"{param}[{place}]") for place, part in enumerate(content))
    return cleaned("\n".join(parts))


def _part(given: Any, param: str) -> str:
    part = Fields(given, param)
    kind = part.needed("type")
    if kind == "refusal":
        return part.needed("refusal")
    if kind not in TEXT_PARTS:
        raise UnsupportedField(f"Only text is supported, not {kind}.", field=param)
    text = part.text("text") or ""
    part.refuse_rest(ignored=("annotations", "logprobs", "prompt_cache_breakpoint"))
    return text


def chat_messages(given: list[Any]) -> list[Message]:
    """The messages of a chat request, as an endpoint takes them."""
    return [_message(one, f"messages[{place}]") for place, one in enumerate(given)]


def _message(given: Any, param: str) -> Message:
    fields = Fields(given, param)
    role = fields.needed("role")
    if role not in ROLES:
        raise InvalidField(f"There is no role {role}.", field=f"{param}.role")
    content = fields.any("content")
    calls = _calls(fields) if role == "assistant" else []
    refusal = fields.text("refusal") if role == "assistant" else None
    message: Message = {"role": "system" if role in INSTRUCTING else role}
    if content is not None or not calls:
        message["content"] = text_of(
            refusal if content is None and refusal else content, f"{param}.content"
        )
    if calls:
        message = {**message, "content": message.get("content"), "tool_calls": calls}
    if role == "tool":
        message["tool_call_id"] = fields.needed("tool_call_id")
    if name := fields.text("name"):
        message["name"] = name
    fields.refuse_rest(ignored=("annotations",), harmless={"tool_calls": ([],)})
    return message


def _calls(fields: Fields) -> list[dict[str, Any]]:
    found = []
    for place, given in enumerate(fields.listed("tool_calls") or []):
        call = Fields(given, f"{fields.path}.tool_calls[{place}]")
        function = call.inner("function")
        if call.text("type") not in (None, "function") or function is None:
            raise UnsupportedField("Only calls of functions are supported.", field=call.path)
        found.append(
            tool_call(call.needed("id"), function.needed("name"), function.text("arguments") or "")
        )
    return found


def tool_call(id: str, name: str, arguments: str) -> dict[str, Any]:
    """A call of a tool as a message has it."""
    function = {"name": name, "arguments": arguments}
    return {"id": id, "type": "function", "function": function}
