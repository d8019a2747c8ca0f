"""A journal with money: what a call can cost at most is held, what it did cost is charged."""

from runs.engine.calls.closing import closing_bound
from runs.engine.errors import Refused
from runs.engine.memory import MemoryJournal
from runs.engine.registry import PATTERNS
from runs.engine.tokens import MIN_OUTPUT_TOKENS
from runs.engine.types import Hold, Purse, Spec, StepEnd, StepStart

# Dollars a token, in and out.
INPUT, OUTPUT = 0.40e-6, 1.60e-6


class Wallet(MemoryJournal):
    """The money of one run; that of its closing call is set aside from the start.

    With `told`, the run hears what is left. As with real money, the output cap of a
    call that doesn't fit is lowered before it is refused.
    """

    def __init__(self, spec: Spec, limit: float, *, told: bool) -> None:
        super().__init__()
        _, max_input, max_output = closing_bound(spec, PATTERNS[spec.pattern].closing)
        self._closing = max_input * INPUT + max_output * OUTPUT
        self._limit = limit
        self._told = told
        self._held: dict[int, float] = {}
        self.charged = 0.0
        self.most = 0.0

    @property
    def left(self) -> float:
        """What calls may still hold."""
        return self._limit - self.charged - self._closing - sum(self._held.values())

    async def hold(self, start: StepStart) -> Hold:
        """Hold the most that the call can cost; the closing call has its own."""
        cap = start.max_output_tokens
        if not start.closing:
            affordable = int((self.left - start.max_input_tokens * INPUT) / OUTPUT)
            cap = min(cap, affordable)
            if cap < MIN_OUTPUT_TOKENS:
                raise Refused("budget_exceeded", "There is too little left.")
        hold = await super().hold(start)
        cost = _most(start.max_input_tokens, cap)
        self._held[hold.id] = 0.0 if start.closing else cost
        self.most = max(self.most, self._limit - self.left)
        return Hold(hold.id, cap)

    async def settle(self, start: StepStart, hold: Hold, end: StepEnd) -> None:
        """Charge what was used."""
        del self._held[hold.id]
        if end.usage:
            self.charged += end.usage.input * INPUT + end.usage.output * OUTPUT
        await super().settle(start, hold, end)

    async def affords(
        self, model: str, max_input_tokens: int, max_output_tokens: int
    ) -> Purse | None:
        """How many such calls can be held at once."""
        if not self._told:
            return None
        calls = int(self.left / _most(max_input_tokens, max_output_tokens))
        return Purse(f"{max(self.left, 0):.6f}", max(calls, 0))


def _most(input_tokens: int, output_tokens: int) -> float:
    return input_tokens * INPUT + output_tokens * OUTPUT
