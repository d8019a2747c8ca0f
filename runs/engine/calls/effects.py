"""Tool calls that change something: a person is asked before they are made, and after a doubt."""

from collections.abc import Callable, Iterable

from runs.engine.calls.placed import PlacedCall
from runs.engine.errors import Paused
from runs.engine.ports import Ports
from runs.engine.tools.tool import Outcome
from runs.engine.types import Asked, ToolStep

EFFECT = "effect"
OUTCOME_UNKNOWN = "outcome_unknown"
UNKNOWN = Outcome(
    "This call was interrupted, and it is not known whether it took effect. It was not repeated. "
    "Tell the user.",
    OUTCOME_UNKNOWN,
)
LATE = Outcome("Nobody approved this call in time. It was not made.", "not_approved")


class Effects:
    """What was asked about the calls of one run, and what has to be asked yet."""

    def __init__(self, ports: Ports) -> None:
        self._approvals = ports.approvals
        self._stop = ports.stop
        self._box = ports.toolbox

    def asks(self, placed: PlacedCall) -> bool:
        """True where a person is asked about this call."""
        tool = self._box.get(placed.call.name)
        return self._approvals is not None and tool is not None and tool.asks

    def asked(self, placed: PlacedCall) -> Asked | None:
        """The question about this very call that stands in the journal."""
        known = self.known(placed)
        return None if known is None or known.begun else known

    async def ask(
        self, calls: Iterable[PlacedCall], step: Callable[[PlacedCall, str], ToolStep]
    ) -> None:
        """Ask about those that nobody was asked about; raise `Paused` while any is undecided.

        `step` makes a new step of a call and the reason to ask. At the run's deadline nobody is
        asked any more.
        """
        if self._approvals is None or self._stop.reason == "deadline":
            return
        open_questions = False
        for placed in filter(self.asks, calls):
            asked = self.asked(placed)
            if asked is None:
                reason = OUTCOME_UNKNOWN if self.known(placed) else EFFECT
                await self._approvals.ask(step(placed, reason))
            open_questions |= asked is None or not asked.verdict
        if open_questions:
            raise Paused("approval")

    def unmade(self, placed: PlacedCall) -> Outcome | None:
        """What the call brings without being made; None: it may be made."""
        if not self.asks(placed):
            return None
        asked = self.asked(placed)
        if asked is None:
            return UNKNOWN if self.known(placed) else LATE
        return _said(asked)

    def known(self, placed: PlacedCall) -> Asked | None:
        """What the journal has of a question about this very call, or of its being made."""
        known = self._approvals.of(placed.key) if self._approvals else None
        return known if known and known.digest == placed.digest else None


def _said(asked: Asked) -> Outcome | None:
    said = f": {asked.comment}" if asked.comment else "."
    if asked.verdict == "approved":
        return None
    if asked.verdict == "took_effect":
        return Outcome(f"It was interrupted, and its owner says that it took effect{said}")
    if asked.reason == OUTCOME_UNKNOWN:
        kept = f" Its owner says not to repeat it{said}" if asked.verdict else ""
        return Outcome(UNKNOWN.text + kept, OUTCOME_UNKNOWN)
    return Outcome(f"Declined by the owner{said}", "declined") if asked.verdict else LATE
