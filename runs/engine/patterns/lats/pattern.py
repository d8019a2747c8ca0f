"""One run of LATS.

A candidate whose score can't be had, also when asked again, gets none: it is not followed, and it
is the answer only where nothing else was found.
"""

from collections.abc import Mapping, Sequence
from operator import gt
from typing import Any

from runs.engine.calls.request import Answer, CallRequest
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.errors import ModelRefused, ProviderError
from runs.engine.pattern import NO_PROGRESS, Pattern
from runs.engine.patterns.lats.candidates import Candidates
from runs.engine.patterns.lats.observing import Observations
from runs.engine.patterns.lats.options import EXHAUSTED, MAX_ITERATIONS, LATSParams
from runs.engine.patterns.lats.scores import Scores
from runs.engine.patterns.lats.steps import (
    CANDIDATES,
    CLOSE,
    EVALUATE,
    EXPAND,
    SCORES_SCHEMA,
    TREE,
    candidates_schema,
)
from runs.engine.patterns.lats.tree import Node, Tree
from runs.engine.plans.running import described
from runs.engine.ports import ToolBox
from runs.engine.types import AnswerKind, Result

COMPLETED, BUDGET = "completed", "budget"
PURSE = "purse"
NOTHING = "Nothing yet."
# An answer comes before a route that is still open, unless it is more wrong than right.
FAIR = 0.5
# Whoever looks for better answers is told the last few that were not good enough.
MAX_REJECTED = 3


class LATS(Pattern[LATSParams]):
    """A tree of routes that grows where it is most promising."""

    key = "lats"
    label = "LATS"
    summary = "Many routes; quality over cost."
    icon = "tree"
    suits = Suits(
        "Several routes are tried, and the search goes on where it has come furthest.",
        outcome=("answer", "text"),
        way=("open", "unclear"),
        check=("progress",),
        priority=("quality",),
    )
    params = LATSParams
    rounds = "max_iterations"
    steps = (EXPAND, EVALUATE, CLOSE)
    closing = CLOSE
    needs_tools = True
    stop_reasons = (MAX_ITERATIONS, NO_PROGRESS, EXHAUSTED)
    artifacts = (CANDIDATES, TREE)

    def __init__(self, ctx: Context, options: LATSParams) -> None:
        super().__init__(ctx, options)
        self.box = ctx.tools.box.reading()
        self.tree = Tree(ctx.spec.task, options.max_depth, min(FAIR, options.success_threshold))
        self.most = options.max_iterations
        self.idle = 0
        self.observations = Observations(ctx, options.observation_chars)

    @classmethod
    def calls(cls, options: LATSParams) -> tuple[int, int, int]:
        """An expansion and its scores an iteration, and the answer where none stands there yet."""
        most = options.calls_for(options.max_iterations)
        return 2, min(options.calls_for(3), most), most

    @classmethod
    def forms_last(cls, options: LATSParams) -> bool:
        """An answer that stands there already needs no call to write it."""
        return False

    async def work(self) -> Result:
        """Iterations until an answer is good enough, or until further ones are no use."""
        self._warn_of_tools()
        await self._choose_breadth()
        n, code = 0, ""
        while not code:
            n += 1
            code = await self._iterate(n)
        return await (self.conclude(code) if code == BUDGET else self._deliver(code))

    def _warn_of_tools(self) -> None:
        reading = _names(self.box)
        left_out = [name for name in _names(self.ctx.tools.box) if name not in reading]
        if left_out:
            names = ", ".join(left_out)
            self.ctx.warnings.append(f"A search only reads, so these tools were not used: {names}.")

    async def _choose_breadth(self) -> None:
        """As many candidates, which are held for at once, and iterations as the money carries."""
        if not self.options.batch_evaluate:
            wanted = self.options.num_expansions
            width = await self.ctx.breadth(
                EXPAND, "width/purse", "candidates", wanted, lambda n: n + 2
            )
            self.options = self.options.model_copy(update={"num_expansions": width})
        wanted, calls = self.options.max_iterations, self.options.held_for
        self.most = await self.ctx.breadth(EXPAND, PURSE, "iterations", wanted, calls)

    async def _iterate(self, n: int) -> str:
        """Expand one node and score what that brings; why the search ends here, or empty."""
        node, heights = self.tree.choose(self.options.exploration_weight), self.tree.heights
        answer, new = await self._expand(n, node)
        await self.observations.make(n, new)
        self._keep()
        answers = await self._evaluate(n, node, new)
        rises = any(map(gt, self.tree.heights, heights))
        self.idle = 0 if rises else self.idle + 1
        self._keep()
        code = await self._end(n)
        if answer:
            await self._show(n, new, [answer, *answers], ended=bool(code))
        return code

    async def _expand(self, n: int, node: Node) -> tuple[Answer | None, list[Node]]:
        """The new nodes. A route on which the model won't go on ends, unless there is no other.

        Raises `ModelRefused`.
        """
        candidates = Candidates(self.box, self.options.num_expansions)
        request = await self._expansion(n, node)
        answer = None
        try:
            answer, _ = await self.ctx.structured(request, candidates.check)
        except ModelRefused:
            if not self.tree.best:
                raise
        new = self.tree.grow(node, candidates.found)
        if answer and new:
            pairs = [{"name": one.title, "text": one.text} for one in candidates.found]
            await self.ctx.artifact(CANDIDATES, answer, pairs=pairs)
        elif answer:
            await self.ctx.notice("fallback", "No usable step goes on from there.", answer)
        return answer, new

    async def _expansion(self, n: int, node: Node) -> CallRequest:
        messages = self.ctx.messages(
            EXPAND,
            tools=described(self.box) or "None.",
            route=self._route(node) + self._rejected(),
            limits=await self._limits(n, node),
        )
        schema = candidates_schema(_names(self.box))
        shown = self._shown(n, "proposing")
        return self.ctx.request(EXPAND, f"i{n}/expand", messages, schema=schema, **shown)

    async def _limits(self, n: int, node: Node) -> str:
        """How many candidates, and how far they may be from the answer."""
        left = min(self.tree.steps_left(node) - 1, self.most - n)
        after = f"At most {left} more steps may follow." if left else "Each has to be final."
        purse = await self.ctx.purse(EXPAND, PURSE) if n == 1 else None
        line = f" {purse.line}" if purse else ""
        return f"At most {self.options.num_expansions} candidates. {after}{line}"

    async def _evaluate(self, n: int, node: Node, new: Sequence[Node]) -> list[Answer]:
        """Score the new nodes, in one call or side by side.

        Raises `ProviderError` when there is no score since the provider failed.
        """
        at_once = bool(new) and self.options.batch_evaluate
        groups = {"": new} if at_once else {f"/{one.name}": [one] for one in new}
        results = await self.ctx.gather(
            *(self._score(n, place, node, group) for place, group in groups.items())
        )
        failures = [one for one in results if isinstance(one, ProviderError)]
        if failures and all(one.score is None for one in new):
            raise failures[0]
        return [one for one in results if isinstance(one, Answer)]

    async def _score(
        self, n: int, place: str, node: Node, group: Sequence[Node]
    ) -> Answer | ProviderError | ModelRefused:
        """Score some new nodes, as far as usable scores can be had; or how that failed."""
        named = {one.name: one for one in group}
        scores = Scores([*named])
        messages = self.ctx.messages(
            EVALUATE, route=self._route(node), candidates=_listed("candidate", named)
        )
        request = self.ctx.request(
            EVALUATE,
            f"i{n}/evaluate{place}",
            messages,
            schema=SCORES_SCHEMA,
            **self._shown(n, "scoring"),
        )
        try:
            answer, _ = await self.ctx.structured(request, scores.check)
        except (ProviderError, ModelRefused) as error:
            return error
        for name, score in scores.found.items():
            named[name].score, named[name].comment = score.value, score.comment
        return answer

    async def _show(
        self, n: int, new: Sequence[Node], answers: Sequence[Answer], *, ended: bool
    ) -> None:
        """The tree as it is now, and how many of the new nodes have no score."""
        after = next((one for one in reversed(answers) if not one.replayed), answers[-1])
        if unscored := sum(one.score is None for one in new):
            message = f"Iteration {n}: {unscored} of {len(new)} candidates could not be scored."
            await self.ctx.notice("fallback", message, after)
        await self.ctx.artifact(TREE, after, nodes=self.tree.shown(ended=ended))

    async def _end(self, n: int) -> str:
        """Why the search ends after this iteration; empty when it goes on."""
        if self.tree.heights[1] >= self.options.success_threshold:
            return COMPLETED
        if not self.tree.is_open(self.tree.root):
            return EXHAUSTED.code
        if self.idle == self.options.patience:
            return NO_PROGRESS.code
        if n == self.options.max_iterations:
            return MAX_ITERATIONS.code
        if n == self.most:
            self.most += await self._further(n)
        return BUDGET if n == self.most else ""

    async def _further(self, n: int) -> int:
        """How many more iterations can be paid of what those before have left."""
        left = self.options.max_iterations - n
        purse = await self.ctx.purse(EXPAND, f"i{n}/{PURSE}")
        if purse is None:
            return left
        return next((k for k in range(left, 0, -1) if self.options.held_for(k) <= purse.calls), 0)

    def _keep(self) -> None:
        """What can be delivered now: the best answer, else the best route."""
        best = self.tree.best
        self.ctx.draft = self.tree.draft
        self.ctx.notes = [one.note for one in self.tree.path(best)] if best else []

    async def _deliver(self, code: str) -> Result:
        """The best node's answer; where it has none yet, it is written from the way there."""
        best = self._best()
        kind: AnswerKind = "final" if code == COMPLETED else "best_effort"
        if best and best.candidate.answer:
            return self.ctx.succeeded(best.candidate.answer, kind, code)
        messages = self.ctx.messages(CLOSE, route=self._route(best))
        request = self.ctx.request(CLOSE, "close", messages)
        answer = await self.ctx.final(request, "write the answer to the task.")
        return self.ctx.answered(answer, kind, code)

    async def conclude(self, reason: str) -> Result:
        """Deliver the best answer; where there is none yet, write one from the best route."""
        self._keep()
        best = self._best()
        if best and best.candidate.answer:
            return self.ctx.succeeded(best.candidate.answer, "best_effort", reason)
        answer = await self.ctx.closing_call(reason, route=self._route(best))
        return self.ctx.answered(answer, "best_effort", reason)

    def _best(self) -> Node | None:
        """The best node. Where there is none, or none with a score, a warning says so."""
        best = self.tree.best
        if best is None:
            self.ctx.warnings.append("No usable step was proposed.")
        elif best.score is None:
            self.ctx.warnings.append("Nothing that it found could be scored.")
        return best

    def _route(self, node: Node | None) -> str:
        """The steps to a node, for a reader."""
        steps = self.tree.path(node) if node else []
        return _listed("step", {str(n): one for n, one in enumerate(steps, 1)}) or NOTHING

    def _rejected(self) -> str:
        """What was said of answers that were not good enough; empty where there are none."""
        last = self.tree.finals[-MAX_REJECTED:]
        said = "\n".join(f"- {one.candidate.action}: {one.comment}" for one in last)
        return f"\n\n<not_good_enough>\n{said}\n</not_good_enough>" if said else ""

    def _shown(self, n: int, doing: str) -> dict[str, Any]:
        return {"label": f"Iteration {n} of {self.most}: {doing}", "n": n, "of": self.most}


def _names(box: ToolBox) -> list[str]:
    return [spec["function"]["name"] for spec in box.specs()]


def _listed(tag: str, nodes: Mapping[str, Node]) -> str:
    """Nodes as data for a model, each in a tag with its id."""
    told = [f'<{tag} id="{id}">\n{node.told}\n</{tag}>' for id, node in nodes.items()]
    return "\n\n".join(told)
