"""What a run tells while it works: the texts of its calls, and its last event."""

from dataclasses import dataclass
from typing import Any

LAST_EVENT = "run.finished"


@dataclass(frozen=True, slots=True)
class Text:
    """What a call has written so far, and what of it is new: `whole` ends with `new`.

    After a gap `new` is empty, and `whole` may differ from what was known before.
    """

    key: str
    attempt: int
    whole: str
    new: str


class Texts:
    """The texts of a run's calls, put together from their pieces."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def take(self, message: dict[str, Any]) -> Text | None:
        """The text after this message; None where a piece before it is still missing."""
        step = (message["key"], message["attempt"])
        known = self._known.get(step, "")
        if message["type"] == "text.snapshot":
            whole = message["text"]
        elif message["offset"] > len(known):
            return None
        else:
            whole = known[: message["offset"]] + message["text"]
        self._known[step] = whole
        new = whole[len(known) :] if whole.startswith(known) else ""
        return Text(*step, whole=whole, new=new)
