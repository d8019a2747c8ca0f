"""Reasoning that a model writes into its answer, between tags, told apart from the answer."""

import re

TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "[THINK]": "[/THINK]",
}
# Some chat templates write the first tag themselves, so that only the last one comes.
ONLY_END = re.compile(r"(?s)\A(?P<thinking>(?:(?!```).)*?(?:^|\n))\s*</think(?:ing)?>\s*")


class Splitter:
    """Takes content piece by piece. Tags count at its beginning only: later they are text.

    Once it is `answering`, all that comes is answer.
    """

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        self._decided = False
        self.answering = False

    def split(self, piece: str) -> tuple[str, str]:
        """The thinking and the answer in a piece, as far as they are certain."""
        if self._decided and not self._end:
            return "", self._trimmed(piece)
        text, self._held = self._held + piece, ""
        if not self._decided:
            start = text.lstrip()
            if tag := next((tag for tag in TAGS if start.startswith(tag)), ""):
                self._decided, self._end = True, TAGS[tag]
                text = start.removeprefix(tag)
            elif any(tag.startswith(start) for tag in TAGS):
                self._held = text
                return "", ""
            else:
                self._decided = self.answering = True
                return "", text
        return self._thought(text)

    def rest(self) -> tuple[str, str]:
        """What was held back when the answer ended."""
        held, self._held = self._held, ""
        return (held, "") if self._end else ("", held)

    def _thought(self, text: str) -> tuple[str, str]:
        thinking, found, answer = text.partition(self._end)
        if found:
            self._end = ""
            return thinking, self._trimmed(answer)
        # The tag may come in two pieces.
        keep = next(n for n in range(len(self._end), -1, -1) if text.endswith(self._end[:n]))
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], ""

    def _trimmed(self, text: str) -> str:
        """Without the blank lines between thinking and answer."""
        if self.answering:
            return text
        text = text.lstrip()
        self.answering = text != ""
        return text


def without_late_thinking(content: str) -> tuple[str, str]:
    """Thinking and answer of a content whose first tag was never written."""
    if "</think" not in content or not (found := ONLY_END.match(content)):
        return "", content
    return found["thinking"].strip(), content[found.end() :]
