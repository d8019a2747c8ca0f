"""The tools of a search: they read, side by side, and no call that worked is made again."""

from collections.abc import Sequence

from runs.engine.calls.placed import PlacedCall
from runs.engine.context import Context
from runs.engine.patterns.lats.tree import Node
from runs.engine.tools.tool import Outcome, shortened
from runs.engine.types import ToolCall


class Observations:
    """What the tools brought on all routes so far."""

    def __init__(self, ctx: Context, most_chars: int) -> None:
        self._ctx = ctx
        self._most_chars = most_chars
        self._worked: dict[tuple[str, str], Outcome] = {}

    async def make(self, n: int, new: Sequence[Node]) -> None:
        """Use the tools of the new nodes of an iteration. What fails is a result too."""
        using = [node for node in new if node.candidate.tool]
        asking = [node for node in using if node.candidate.identity not in self._worked]
        outcomes = await self._ctx.tools.run_all([self._placed(n, node) for node in asking])
        brought = {node.candidate.identity: one for node, one in zip(asking, outcomes, strict=True)}
        self._worked |= {call: outcome for call, outcome in brought.items() if outcome.ok}
        for node in using:
            call = node.candidate.identity
            outcome = self._worked.get(call) or brought[call]
            text = shortened(outcome.text, self._most_chars)
            node.observation = text if outcome.ok else f"none: {text}"

    def _placed(self, n: int, node: Node) -> PlacedCall:
        one = node.candidate
        key = self._ctx.key(f"i{n}/tool/{node.name}")
        return PlacedCall(key, ToolCall(node.id, one.tool, one.arguments))
