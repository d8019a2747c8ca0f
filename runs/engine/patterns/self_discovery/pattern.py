"""One run of Self-Discovery: choose modules, adapt them, make a structure, and fill it in."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from runs.engine.calls.request import Answer
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.errors import EmptyAnswer, EngineError, ModelRefused, ProviderError
from runs.engine.pattern import Params, Pattern, StopReason
from runs.engine.patterns.self_discovery import modules
from runs.engine.patterns.self_discovery.prompts import (
    ADAPT,
    ADAPTED_SCHEMA,
    CHOICE_SCHEMA,
    CHOOSE,
    SOLUTION_SCHEMA,
    SOLVE,
    STRUCTURE,
    STRUCTURE_SCHEMA,
    SYNTHESISE,
    WORK_OUT,
)
from runs.engine.plans import graph, steps
from runs.engine.plans.steps import PlannedStep
from runs.engine.step import Artifact
from runs.engine.tools.tool import shortened
from runs.engine.types import Result

NOTHING = "Nothing yet."
PURSE = "work_out/purse"
# Of all results together, in one prompt.
RESULTS_CHARS = 24_000
TEXT_CHARS = 8_000


class SelfDiscoveryParams(Params):
    """How many ways to think are used, and how the structure made of them is worked out."""

    max_selected_modules: int = Field(
        3, ge=1, le=10, title="Most modules", description="Most reasoning modules."
    )
    max_steps: int = Field(
        6, ge=1, le=12, title="Most steps", description="Most steps of the structure."
    )
    mode: Literal["stepwise", "compact"] = Field(
        "stepwise",
        title="Calls",
        description="A call for each step, or one call for the whole structure.",
    )


CHOSEN = Artifact("reasoning_modules", "think")
OUTLINE = Artifact("structure", "plan")
NO_STRUCTURE = StopReason(
    "no_structure",
    "no usable structure",
    "The model made no usable structure, and the task was answered without one",
    "Rerun it with a stronger model for thinking.",
)


class SelfDiscovery(Pattern[SelfDiscoveryParams]):
    """A structure for thinking that the model finds itself, worked out step by step or at once."""

    key = "self_discovery"
    label = "Self-Discovery"
    summary = "How to think about it is unclear."
    icon = "compass"
    suits = Suits(
        "It first finds out how to think about the task, and then does so.",
        facts=("no",),
        way=("unclear", "open"),
        check=("reading", "progress"),
    )
    params = SelfDiscoveryParams
    steps = (CHOOSE, ADAPT, STRUCTURE, WORK_OUT, SOLVE, SYNTHESISE)
    closing = SYNTHESISE
    stop_reasons = (NO_STRUCTURE,)
    artifacts = (CHOSEN, OUTLINE)

    def __init__(self, ctx: Context, options: SelfDiscoveryParams) -> None:
        super().__init__(ctx, options)
        self.most = options.max_steps
        self.modules: dict[str, str] = {}
        self.structure: list[PlannedStep] = []
        self.results: dict[str, str] = {}
        self.failed: dict[str, EngineError] = {}

    @classmethod
    def calls(cls, options: SelfDiscoveryParams) -> tuple[int, int, int]:
        """Three to find the structure; then one, or one a step and the answer."""
        if options.mode == "compact":
            return 4, 4, 4
        return 5, 4 + min(options.max_steps, 4), 4 + options.max_steps

    @classmethod
    def forms_last(cls, options: SelfDiscoveryParams) -> bool:
        """A structure that is filled in at once has a text as its answer."""
        return options.mode == "compact"

    async def work(self) -> Result:
        """Find the structure, and fill it in."""
        await self._choose()
        await self._adapt()
        if not await self._make_structure():
            return await self._unstructured()
        if self.options.mode == "compact":
            return await self._solve()
        work = {step.number: self._work_out(step) for step in self.structure}
        await self.ctx.in_order(work, {step.number: step.needs for step in self.structure})
        return await self._delivered()

    async def _choose(self) -> None:
        """Choose modules that exist, each once, at most so many. Raises `EmptyAnswer`."""
        readable: list[dict[str, Any]] = []

        def check(choice: dict[str, Any]) -> list[str]:
            readable.append(choice)
            names = [one["name"] for one in choice["modules"]]
            unknown = [name for name in names if not modules.known(name)]
            return [f"There is no module “{name}”." for name in unknown] or (
                [] if names else ["No module was chosen."]
            )

        limits = f"At most {self.options.max_selected_modules} modules."
        messages = self.ctx.messages(CHOOSE, limits=limits)
        request = self.ctx.request(CHOOSE, "choose", messages, schema=CHOICE_SCHEMA)
        answer, _ = await self.ctx.structured(request, check)
        whys: dict[str, str] = {}
        for one in readable[-1]["modules"] if readable else ():
            if name := modules.known(one["name"]):
                whys.setdefault(name, one["why"])
        chosen = [*whys][: self.options.max_selected_modules]
        if not chosen:
            raise EmptyAnswer("The model chose none of the reasoning modules.")
        self.modules = {name: modules.MODULES[name] for name in chosen}
        await self._show_modules(answer, {name: whys[name] for name in chosen})

    async def _adapt(self) -> None:
        """Adapt the chosen modules; those that the model leaves out stay as they are."""
        messages = self.ctx.messages(ADAPT, modules=self._modules())
        request = self.ctx.request(ADAPT, "adapt", messages, schema=ADAPTED_SCHEMA)
        answer, adapted = await self.ctx.structured(request)
        if adapted is None:
            message = "The modules are used as they are: what adapted them could not be read."
            await self.ctx.notice("fallback", message, answer)
            return
        for one in adapted["modules"]:
            name = modules.known(one["name"])
            if name in self.modules and one["adapted"].strip():
                self.modules[name] = one["adapted"].strip()
        await self._show_modules(answer, self.modules)

    async def _show_modules(self, answer: Answer, texts: dict[str, str]) -> None:
        pairs = [{"name": name, "text": text} for name, text in texts.items()]
        unused = len(modules.MODULES) - len(pairs)
        await self.ctx.artifact(CHOSEN, answer, pairs=pairs, unused=unused)

    async def _make_structure(self) -> bool:
        """Plan the steps; False when no usable structure could be had."""
        readable: list[list[dict[str, Any]]] = []

        def check(made: dict[str, Any]) -> list[str]:
            readable.append(made["steps"])
            return steps.faults(made["steps"], self.most)

        messages = self.ctx.messages(
            STRUCTURE, modules=self._modules(), limits=await self._limits()
        )
        request = self.ctx.request(STRUCTURE, "structure", messages, schema=STRUCTURE_SCHEMA)
        answer, _ = await self.ctx.structured(request, check)
        # What is still wrong with steps that can be read has a remedy in `steps.numbered`.
        made = readable[-1] if readable else []
        if not made:
            await self.ctx.notice("fallback", "The model made no usable structure.", answer)
            return False
        if wrong := steps.faults(made, self.most):
            message = f"The structure was put in order: {wrong[0][:300]}"
            await self.ctx.notice("fallback", message, answer)
        self.structure = steps.numbered([_step(one) for one in made], self.most)
        await self.ctx.artifact(OUTLINE, answer, items=[*map(self._item, self.structure)])
        return True

    async def _limits(self) -> str:
        """The line about steps and money, after as many were chosen as the money carries."""
        if self.options.mode == "compact":
            return f"At most {self.most} steps."
        self.most = await self.ctx.breadth(WORK_OUT, PURSE, "steps", self.most, lambda n: n + 2)
        purse = await self.ctx.purse(WORK_OUT, PURSE)
        return f"At most {self.most} steps. {purse.line if purse else ''}".strip()

    def _item(self, step: PlannedStep) -> dict[str, Any]:
        at = "solve" if self.options.mode == "compact" else f"work_out/{step.number}"
        item = {"id": step.number, "title": step.title, "needs": [*step.needs]}
        return {**item, "key": self.ctx.key(at)}

    async def _work_out(self, step: PlannedStep) -> None:
        needs = {one.number: one.needs for one in self.structure}
        messages = self.ctx.messages(
            WORK_OUT,
            modules=self._modules(),
            structure=self._outline(),
            results=self._told(sorted(graph.behind(step.number, needs), key=int)),
            work=f"{step.line}\n{step.instruction}\nOutput: {step.done_when}",
        )
        label = f"Step {step.number}: {step.title}"
        request = self.ctx.request(WORK_OUT, f"work_out/{step.number}", messages, label)
        try:
            answer = await self.ctx.text(request, "give the output of the step.")
        except (ProviderError, ModelRefused, EmptyAnswer) as error:
            self.failed[step.number] = error
            return
        self.results[step.number] = answer.text
        self.ctx.notes.append(f"{step.title}: {answer.text}")

    async def _solve(self) -> Result:
        messages = self.ctx.messages(SOLVE, modules=self._modules(), structure=self._filled_by())
        request = self.ctx.request(SOLVE, "solve", messages, schema=SOLUTION_SCHEMA)
        answer, solution = await self.ctx.structured(request, _without_answer)
        if solution is None:
            message = "The filled structure could not be read: the answer is written without it."
            await self.ctx.notice("fallback", message, answer)
            return await self._unstructured()
        return self.ctx.succeeded(solution["final_answer"].strip())

    def _filled_by(self) -> str:
        """The structure with what each step has to do."""
        told = [f"{s.line}\n{s.instruction}\nOutput: {s.done_when}" for s in self.structure]
        return shortened("\n\n".join(told), RESULTS_CHARS)

    async def _unstructured(self) -> Result:
        """Answer with the modules alone."""
        self.ctx.warnings.append(f"{NO_STRUCTURE.clause}.")
        answer = await self._synthesise(f"No step was worked out. Modules:\n{self._modules()}")
        return self.ctx.answered(answer, "best_effort", NO_STRUCTURE.code)

    async def _delivered(self) -> Result:
        if not self.results:
            raise next(iter(self.failed.values()))
        for number in sorted(self.failed, key=int):
            self.ctx.warnings.append(f"Step {number} failed: {self.failed[number]}")
        answer = await self._synthesise(self._told([step.number for step in self.structure]))
        return self.ctx.answered(answer, "best_effort" if self.failed else "final")

    async def _synthesise(self, results: str) -> Answer:
        messages = self.ctx.messages(SYNTHESISE, structure=self._outline(), results=results)
        request = self.ctx.request(SYNTHESISE, "synthesise", messages)
        return await self.ctx.final(request, "write the answer to the task.")

    def _modules(self) -> str:
        return shortened(modules.described(self.modules.items()), TEXT_CHARS)

    def _outline(self) -> str:
        return shortened("\n".join(step.line for step in self.structure), TEXT_CHARS) or "None."

    def _told(self, numbers: Sequence[str]) -> str:
        """What these steps brought, each cut to its share."""
        most = RESULTS_CHARS // max(len(numbers), 1)
        told = [
            f"Step {n}:\n{shortened(self.results[n], most)}"
            if n in self.results
            else f"Step {n} failed."
            for n in numbers
        ]
        return "\n\n".join(told) or NOTHING

    async def conclude(self, reason: str) -> Result:
        """Answer from what was worked out so far."""
        results = self._told(sorted(self.results, key=int))
        answer = await self.ctx.closing_call(reason, structure=self._outline(), results=results)
        return self.ctx.succeeded(answer.text, "best_effort", reason)


def _step(made: dict[str, Any]) -> dict[str, Any]:
    """A step of the structure as one of a plan."""
    uses = f"\nModules: {', '.join(made['modules'])}" if made["modules"] else ""
    return made | {"instruction": made["instruction"] + uses, "done_when": made["output"]}


def _without_answer(solution: dict[str, Any]) -> list[str]:
    return [] if solution["final_answer"].strip() else ["final_answer is empty."]
