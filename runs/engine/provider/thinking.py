"""Reasoning that a model writes into its answer, between tags, told apart from the answer."""

import re

# What may stand before an answer, and what ends it: thinking, or else a mark of a chat template.
BEFORE = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[think]": "[/think]",
    "<seed:think>": "</seed:think>",
    "<mm:think>": "</mm:think>",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|channel|>analysis<|message|>": "<|end|>",
    "<|channel>thought": "<channel|>",
    "<|start|>assistant": "",
    "<|channel|>final<|message|>": "",
    "<|start_response|>": "",
    "<|begin_of_solution|>": "",
    "<|begin_of_box|>": "",
}
# Marks of chat templates behind an answer, where a server doesn't know them.
AFTER = re.compile(
    r"(?:\s*(?:<\|(?:im_end|eot_id|eom_id|return|end|endoftext|end_of_text|end_response"
    r"|end_of_solution|end_of_box)\|>|<end_of_turn>|</s>))+\s*\Z",
    re.IGNORECASE,
)
# Some chat templates write the first tag themselves, so that only the last one comes. A text that
# names the tag has a blank or a quote before it.
ONLY_END = re.compile(
    r"\A(?P<thinking>(?:(?!```|<think|\[think).)*?)(?:(?<![^\n])\s*|(?<=[^\s`'\"(]))"
    r"(?:</think(?:ing)?>|\[/think\])\s*",
    re.IGNORECASE | re.DOTALL,
)


class Splitter:
    """Takes content piece by piece. Tags count before the answer only: in it they are text.

    Once it is `answering`, all that comes is answer.
    """

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        self._begun = False
        self.answering = False

    def split(self, piece: str) -> tuple[str, str]:
        """The thinking and the answer in a piece, as far as they are certain."""
        if self.answering:
            return "", piece
        text, self._held = self._held + piece, ""
        thinking = ""
        while True:
            if self._end:
                thought, text = self._thought(text)
                thinking += thought
                if self._end:
                    return thinking, ""
            start = text.lstrip()
            lower = start.lower()
            if tag := next((tag for tag in BEFORE if lower.startswith(tag)), ""):
                self._begun, self._end = True, BEFORE[tag]
                text = start[len(tag) :]
            elif any(tag.startswith(lower) for tag in BEFORE):
                self._held = text
                return thinking, ""
            else:
                self.answering = True
                return thinking, start if self._begun else text

    def rest(self) -> tuple[str, str]:
        """What was held back when the answer ended."""
        held, self._held = self._held, ""
        if self._end:
            return held, ""
        return "", held.lstrip() if self._begun else held

    def _thought(self, text: str) -> tuple[str, str]:
        """The thinking in a text, and what follows its end."""
        if found := re.search(re.escape(self._end), text, re.IGNORECASE):
            self._end = ""
            return f"{text[: found.start()]}\n\n", text[found.end() :]
        # The tag may come in two pieces.
        lower = text.lower()
        keep = next(n for n in range(len(self._end), -1, -1) if lower.endswith(self._end[:n]))
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], ""


def without_late_thinking(content: str) -> tuple[str, str]:
    """Thinking and answer of a content whose first tag was never written."""
    if "/think" not in content.lower() or not (found := ONLY_END.match(content)):
        return "", content
    return found["thinking"].strip(), content[found.end() :]


def without_marks(content: str) -> str:
    """An answer without the marks of a chat template behind it."""
    return AFTER.sub("", content) if content.rstrip().endswith(">") else content
