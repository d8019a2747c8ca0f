"""The answer of a run while it is written, out of the run's live messages."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from accounts.credentials import StillValid
from runs.engine.registry import KNOWN
from runs.feed.log import Kind
from runs.feed.process import watched
from runs.models import Run
from web.ending import ending

KINDS = frozenset({Kind.EVENT, Kind.TEXT, Kind.PING})


class NoLongerAllowed(Exception):
    """What let the reader in is no longer valid."""


class ServerEnds(Exception):
    """The answer is written on, and this process doesn't see it."""


class Writing:
    """The text of the step that is the answer, gathered piece by piece."""

    def __init__(self, run: Run) -> None:
        pattern = KNOWN.get(run.pattern)
        # An answer that has to fit a schema is checked first.
        self._is_answer = pattern.is_answer if pattern and not run.answer_schema else None
        self._step: tuple[str, int] | None = None
        self.text = ""

    def take(self, piece: dict[str, Any]) -> None:
        """Take in a piece; the feed sees to it that none is missing."""
        if self._is_answer is None or not self._is_answer(piece["key"]):
            return
        step = (piece["key"], piece["attempt"])
        if step != self._step:
            self._step, self.text = step, ""
        self.text = self.text[: piece.get("offset", 0)] + piece["text"]


async def texts(run: Run, still_valid: StillValid) -> AsyncGenerator[str, None]:
    """The whole text so far, each time that something happens, up to the end.

    Raises `NoLongerAllowed` and `ServerEnds`.
    """
    if run.ended:
        return
    writing = Writing(run)
    with watched().run(
        run.pk, after=run.last_seq, last_seq=run.last_seq, kinds=KINDS, still_valid=still_valid
    ) as viewer:
        while messages := await viewer.next():
            for message in messages:
                if message.kind == Kind.TEXT:
                    writing.take(json.loads(message.json))
            if messages[-1].is_last:
                return
            yield writing.text
    raise ServerEnds if ending().begun else NoLongerAllowed
