"""What a pattern works with: its calls, its tools, and what it has so far."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from runs.engine import prompts
from runs.engine.calls import closing, purse, structured
from runs.engine.calls.fitting import FittingCalls, is_full
from runs.engine.calls.paid import PaidCalls
from runs.engine.calls.parallel import MAX_PARALLEL, together
from runs.engine.calls.placed import PlacedCall
from runs.engine.calls.request import Answer, CallRequest
from runs.engine.calls.tools import ToolCalls
from runs.engine.errors import EmptyAnswer, ModelRefused, MustConclude, ProviderError
from runs.engine.form import Form, form_of, form_step, written
from runs.engine.ports import Ports
from runs.engine.provider.reasoning import calmed, cap_factor
from runs.engine.roles import model_for
from runs.engine.step import Artifact, Step
from runs.engine.stop_reasons import REASONS
from runs.engine.tools.tool import Outcome
from runs.engine.types import AnswerKind, Message, Purse, Reply, Result, Spec, ToolCall

T = TypeVar("T")

LONGER_FACTOR = 2
AGAIN = "Your last answer was empty. Answer now: {ask}"


class Context:
    """One run of one pattern. `draft` is what could be delivered now, `notes` what was found."""

    def __init__(self, spec: Spec, closing_step: Step, ports: Ports) -> None:
        self.spec = spec
        self.draft = ""
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.form = form_of(spec)
        # What was wrong with an answer that was asked for in its form; None until one was.
        self.misfit: str | None = None
        self.paid = PaidCalls(ports)
        self.tools = ToolCalls(ports)
        self._closing_step = closing_step
        self._journal = ports.journal
        self._model = ports.model
        self._fitting = FittingCalls(self.paid, ports.journal)

    def key(self, position: str) -> str:
        """The step key of a position in the pattern."""
        return f"{self.spec.pattern}/{position}"

    def context_tokens(self, step: Step) -> int | None:
        """The window of the step's model, as far as its refusals told."""
        return self._model.context_tokens(model_for(self.spec, step.role))

    def messages(self, step: Step, **variables: str) -> list[Message]:
        """The opening messages of a step."""
        return prompts.messages(self.spec, step, {"task": self.spec.task, **variables})

    def request(
        self, step: Step, position: str, messages: list[Message], label: str = "", **wishes: Any
    ) -> CallRequest:
        """A call of this step at this position in the pattern, whose words name the step."""
        if not step.is_at(position):
            raise ValueError(f"the position {position} does not name the step {step.key}")
        model = model_for(self.spec, step.role)
        wishes.setdefault("max_output_tokens", step.max_output_tokens)
        wishes["max_output_tokens"] *= cap_factor(model, self.spec.reasoning_effort)
        return CallRequest(
            key=self.key(position),
            label=label or step.label,
            model=model,
            messages=messages,
            effort=self.spec.reasoning_effort,
            verbosity=self.spec.verbosity,
            **wishes,
        )

    async def call(self, request: CallRequest) -> Answer:
        """Buy an answer, or read it back.

        An answer that was cut at its cap before it said anything is asked for once more with a
        higher one. Raises `ModelRefused` besides what `PaidCalls.make` raises.
        """
        if not request.closing:
            self._conclude_as_before(request)
        answer = await self._make(request)
        cut = answer.reply.finish_reason == "length"
        if cut and _useless(request, answer.reply) and not request.closing:
            await self.notice("truncated", f"{request.label}: cut at its cap, asked again.", answer)
            cap = request.max_output_tokens * LONGER_FACTOR
            longer = replace(request, key=f"{request.key}/longer", max_output_tokens=cap)
            answer = await self._make(longer)
        elif cut:
            await self.notice("truncated", f"{request.label}: cut at its cap.", answer)
        if answer.reply.refusal or answer.reply.finish_reason == "content_filter":
            raise ModelRefused(answer.reply.refusal or "The provider's filter stopped the answer.")
        return answer

    async def gather(self, *calls: Coroutine[Any, Any, T], at_once: int = MAX_PARALLEL) -> list[T]:
        """Make calls side by side, at most so many at a time; results in their order.

        Takes what `call`, `text` and `structured` return. When one fails, those that have not begun
        never begin, and those in flight end and are settled before its error is raised. A gather
        within a gather has a limit of its own.
        """
        return await together(calls, at_once)

    async def in_order(
        self, calls: Mapping[str, Coroutine[Any, Any, T]], needs: Mapping[str, Collection[str]]
    ) -> dict[str, T]:
        """As `gather`, but each piece of work begins as soon as those that it needs have ended.

        `needs` has no circle (see `plans.graph`). Where the others are to go on, work that fails
        says so in its result.
        """
        places = {name: place for place, name in enumerate(calls)}
        order = [{places[needed] for needed in needs[name]} for name in calls]
        results = await together([*calls.values()], MAX_PARALLEL, order)
        return dict(zip(calls, results, strict=True))

    async def use(self, position: str, call: ToolCall) -> Outcome:
        """Run a tool call at this position, or read its outcome back."""
        return await self.tools.run(PlacedCall(self.key(position), call))

    async def purse(self, step: Step, position: str) -> Purse | None:
        """What money is left, and how many more calls of this step it carries; None: no limit.

        Asked before the pattern chooses how broadly to work; a resumed run reads it back.
        """
        found, _ = await self._look_into_purse(step, position)
        return found

    async def breadth(
        self, step: Step, position: str, what: str, wanted: int, calls: Callable[[int], int]
    ) -> int:
        """How many of what is wanted the money left carries, at least one.

        `calls` says how many calls of this step so many of them need. Where it is fewer than
        wanted, the viewers are told.
        """
        found, asked_now = await self._look_into_purse(step, position)
        if found is None:
            return wanted
        chosen = next((n for n in range(wanted, 1, -1) if calls(n) <= found.calls), 1)
        if chosen < wanted and asked_now:
            message = f"{found.line} So it works with {chosen} of {wanted} {what}."
            figures = {"left_usd": found.left_usd, "calls": found.calls}
            await self._journal.emit(
                "notice",
                {
                    "code": "breadth",
                    "message": message,
                    "chosen": chosen,
                    "wanted": wanted,
                    **figures,
                },
            )
        return chosen

    async def _look_into_purse(self, step: Step, position: str) -> tuple[Purse | None, bool]:
        model = model_for(self.spec, step.role)
        bound = model, closing.longest_input(self.spec, step), output_cap(self.spec, step)
        return await purse.look(self._journal, self.key(position), bound)

    async def closing_call(self, reason: str, **carried: str) -> Answer:
        """Buy the answer that concludes a run whose money or time is out.

        What is carried is trimmed to what was held for it, and further where the model's window is
        smaller. Raises `MustConclude` when there is no answer and something else to show.
        """
        return await self._close(self._closing_step, reason, carried)

    async def closing_form(self, reason: str, text: str) -> Answer:
        """Have a text put into its form instead of the closing call, as far as that carries it.

        Raises what `closing_call` raises.
        """
        return await self._close(form_step(self._closing_step), reason, {"answer": text})

    async def _close(self, step: Step, reason: str, carried: Mapping[str, str]) -> Answer:
        for most_bytes in closing.TRIMS:
            try:
                answer = await self._closing_answer(step, reason, most_bytes, carried)
            except ProviderError as error:
                if not is_full(error):
                    raise
                full = error
                continue
            if answer.text:
                return answer
            if self.partial:
                raise MustConclude(reason)
            raise EmptyAnswer("The closing answer was empty.")
        if self.partial:
            raise MustConclude(reason) from full
        raise full

    async def _closing_answer(
        self, step: Step, reason: str, most_bytes: int, carried: Mapping[str, str]
    ) -> Answer:
        _, _, max_output_tokens = closing.closing_bound(self.spec, self._closing_step)
        trimmed = {name: closing.trim(text, most_bytes) for name, text in carried.items()}
        request = CallRequest(
            key=self.key(closing.position(reason)),
            label="Writing the answer",
            model=model_for(self.spec, step.role),
            messages=self.messages(step, **trimmed),
            max_output_tokens=max_output_tokens,
            effort=calmed(self.spec.reasoning_effort),
            verbosity=self.spec.verbosity,
            schema=self.form.sent if self.form else None,
            closing=True,
        )
        answer = await self.call(request)
        return self._in_form(self.form, answer) if self.form else answer

    async def final(self, request: CallRequest, ask: str) -> Answer:
        """Buy the answer that ends the run: in the form that the user wants, else as `text` does.

        Raises what `text` raises.
        """
        if self.form is None:
            return await self.text(request, ask)
        return await self.formed(self.form, request)

    async def formed(self, form: Form, request: CallRequest) -> Answer:
        """Buy an answer in this form, repaired once. `misfit` says what is still wrong with it.

        Raises `EmptyAnswer` besides what `call` raises.
        """
        answer, _ = await self.structured(replace(request, schema=form.sent), form.faults)
        answer = self._in_form(form, answer)
        if not answer.text:
            raise EmptyAnswer(f"{request.label}: the model gave an empty answer twice.")
        return answer

    def _in_form(self, form: Form, answer: Answer) -> Answer:
        """The answer with its JSON alone as its text; one that doesn't fit, as it was written."""
        found = structured.read(answer.reply, form.sent, form.faults)
        self.misfit = found if isinstance(found, str) else ""
        text = structured.written(answer.reply) if isinstance(found, str) else written(found)
        return replace(answer, reply=replace(answer.reply, content=text, tool_calls=()))

    async def structured(
        self, request: CallRequest, check: structured.Check | None = None
    ) -> tuple[Answer, dict[str, Any] | None]:
        """Buy an answer that fits the request's schema; one that doesn't is repaired once.

        `check` lists the faults that no schema can see. The object is None when the repair had
        faults too.
        """
        answer = await self.call(request)
        found = structured.read(answer.reply, request.schema or {}, check)
        if isinstance(found, dict):
            return answer, found
        await self.notice("repair", f"{request.label}: {found}", answer)
        written = structured.written(answer.reply)
        repair = structured.repair_messages(request.messages, written, found)
        again = replace(request, key=f"{request.key}/repair", messages=repair)
        answer = await self.call(again)
        found = structured.read(answer.reply, request.schema or {}, check)
        return answer, found if isinstance(found, dict) else None

    async def text(self, request: CallRequest, ask: str) -> Answer:
        """Buy an answer that has text; an empty one is asked for once more.

        Raises `EmptyAnswer` besides what `call` raises.
        """
        answer = await self.call(request)
        if answer.text:
            return answer
        nudge = {"role": "user", "content": prompts.fill(AGAIN, {"ask": ask})}
        answer = await self.call(
            replace(request, key=f"{request.key}/again", messages=[*request.messages, nudge])
        )
        if not answer.text:
            raise EmptyAnswer(f"{request.label}: the model gave an empty answer twice.")
        return answer

    async def notice(self, code: str, message: str, after: Answer) -> None:
        """Tell the viewers something, unless it was told when `after` was bought."""
        if not after.replayed:
            await self._journal.emit("notice", {"code": code, "message": message})

    async def artifact(self, made: Artifact, after: Answer, **data: Any) -> None:
        """Show the viewers something that `after` brought, unless it was shown then."""
        if not after.replayed:
            await self._journal.emit("artifact", {"kind": made.kind, "key": after.key, **data})

    def succeeded(
        self, answer: str, kind: AnswerKind = "final", stop_reason: str = "completed"
    ) -> Result:
        """The run's good end."""
        return Result("succeeded", answer, kind, stop_reason, warnings=tuple(self.warnings))

    def answered(
        self, answer: Answer, kind: AnswerKind = "final", stop_reason: str = "completed"
    ) -> Result:
        """The run's good end with what a call wrote; one that was cut is the best that it has."""
        if answer.reply.finish_reason == "length":
            self.warnings.append("The answer was cut at the output cap.")
            kind = "best_effort"
        return self.succeeded(answer.text, kind, stop_reason)

    @property
    def partial(self) -> str | None:
        """What there is to show of a run that could not end."""
        return self.draft or self.paid.cut_text.strip() or "\n".join(self.notes) or None

    async def _make(self, request: CallRequest) -> Answer:
        """Buy it; where the window is full and something was found, the run concludes with that."""
        try:
            return await self._fitting.make(request)
        except ProviderError as error:
            if is_full(error) and self.partial and not request.closing:
                raise MustConclude(error.code) from error
            raise

    def _conclude_as_before(self, request: CallRequest) -> None:
        """A run that had bought its closing call before it was interrupted buys nothing else."""
        if self._journal.recorded(request.key):
            return
        for reason in REASONS:
            if self._journal.recorded(self.key(closing.position(reason))):
                raise MustConclude(reason)


def output_cap(spec: Spec, step: Step) -> int:
    """The output tokens that a call of this step may have, hidden reasoning included."""
    factor = cap_factor(model_for(spec, step.role), spec.reasoning_effort)
    return step.max_output_tokens * factor


def _useless(request: CallRequest, reply: Reply) -> bool:
    return request.schema is not None or not (reply.content.strip() or reply.tool_calls)
