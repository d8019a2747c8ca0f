"""Plain: one call of a model with a conversation as it is. What is asked of a model by its name."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from runs.engine import prompts
from runs.engine.calls import structured
from runs.engine.calls.request import Answer, CallRequest
from runs.engine.errors import EmptyAnswer, ModelRefused
from runs.engine.form import Form, form_of, written
from runs.engine.pattern import Params, Pattern, StopReason
from runs.engine.provider.reasoning import cap_factor
from runs.engine.roles import model_for
from runs.engine.step import TASK, Step
from runs.engine.stop_reasons import MISMATCH
from runs.engine.types import AnswerKind, Message, Reply, Result, Spec

ANSWER = Step(
    key="answer",
    label="Answering",
    role="execution",
    system="",
    user="{task}",
    writes=True,
    concludes=True,
    icon="pen",
)
CUT = StopReason(
    "max_output_tokens",
    "cut at its output cap",
    "The answer was cut at its output cap",
    "Ask for it with a higher cap.",
)
SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "stop")


class Lean(BaseModel):
    """What is sent to endpoints: nothing unknown, and nothing that says nothing.

    There is only text in it, whose bytes bound what it costs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def lean(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without empty fields."""
        return {name: value for name, value in handler(self).items() if value not in (None, [])}


class CalledFunction(Lean):
    """A function and what it was called with."""

    name: str
    arguments: str


class Call(Lean):
    """A call that the model made."""

    id: str
    type: Literal["function"]
    function: CalledFunction


class Said(Lean):
    """A message."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    name: str | None = None
    tool_calls: list[Call] = []
    tool_call_id: str | None = None


class Function(Lean):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: dict[str, Any]
    strict: bool | None = None


class Tool(Lean):
    """A tool of the caller."""

    type: Literal["function"]
    function: Function


class FunctionName(Lean):
    """Which function."""

    name: str


class Choice(Lean):
    """The one tool that has to be called."""

    type: Literal["function"]
    function: FunctionName


class PlainParams(Params, Lean):
    """The conversation around the task, and how the model is to answer."""

    before: list[Said] = Field(
        [], title="Messages before", description="The messages before the task."
    )
    after: list[Said] = Field(
        [], title="Messages after", description="Those after it: calls of tools and results."
    )
    tools: list[Tool] = Field(
        [], title="Caller’s tools", description="Tools of the caller, who runs them."
    )
    tool_choice: Literal["none", "auto", "required"] | Choice | None = Field(
        None, title="Which tool"
    )
    parallel: bool = Field(True, title="Several tools at once")
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000, title="Most output tokens")
    temperature: float | None = Field(None, ge=0, le=2, title="Sampling temperature")
    top_p: float | None = Field(None, ge=0, le=1, title="Nucleus sampling (top p)")
    presence_penalty: float | None = Field(None, ge=-2, le=2, title="Penalty on words used before")
    frequency_penalty: float | None = Field(None, ge=-2, le=2, title="Penalty on words used often")
    seed: int | None = Field(None, title="Sampling seed")
    stop: list[str] | None = Field(None, max_length=4, title="Texts that end it")

    @property
    def sampling(self) -> dict[str, Any]:
        """What the endpoint takes under the same names."""
        wished = {name: getattr(self, name) for name in SAMPLING}
        return {name: wish for name, wish in wished.items() if wish is not None}


class Plain(Pattern[PlainParams]):
    """One call, without tools of the site."""

    key = "plain"
    label = "Plain model"
    summary = "One call of a model, as it is asked."
    params = PlainParams
    params_bytes = 400_000
    steps = (ANSWER,)
    closing = ANSWER
    one_call = True
    stop_reasons = (CUT,)

    @classmethod
    def calls(cls, options: PlainParams) -> tuple[int, int, int]:
        """One."""
        return 1, 1, 1

    @classmethod
    def forms_last(cls, options: PlainParams) -> bool:
        """Its call asks for the form."""
        return False

    @classmethod
    def closing_bound(cls, spec: Spec) -> tuple[str, int, int]:
        """Of its one call."""
        request = _request(spec, PlainParams.model_validate(spec.params), form_of(spec))
        return request.model, request.max_input_tokens, request.max_output_tokens

    @classmethod
    def texts(cls, options: PlainParams) -> Iterator[str]:
        """All that is said around the task, and the tools."""
        for said in (*options.before, *options.after):
            yield said.content or ""
            yield from (call.function.arguments for call in said.tool_calls)
        for tool in options.tools:
            yield tool.model_dump_json()

    async def run(self) -> Result:
        """Its call is the last one, too: there is nothing to conclude or to bring into a form."""
        return await self.work()

    async def work(self) -> Result:
        """Ask once. Raises `ModelRefused`, `EmptyAnswer` besides what `PaidCalls.make` raises."""
        answer = await self.ctx.paid.make(_request(self.ctx.spec, self.options, self.ctx.form))
        reply = answer.reply
        if reply.refusal or reply.finish_reason == "content_filter":
            raise ModelRefused(reply.refusal or "The provider's filter stopped the answer.")
        if reply.finish_reason == "length":
            await self.ctx.notice("truncated", "The answer was cut at its output cap.", answer)
            return self._ended(answer, "best_effort", CUT.code)
        if not (reply.content or reply.tool_calls):
            raise EmptyAnswer("The model gave an empty answer.")
        return self._ended(answer) if reply.tool_calls else self._fitting(answer)

    def _fitting(self, answer: Answer) -> Result:
        """The answer, held to its form where it has one."""
        form = self.ctx.form
        if form is None:
            return self._ended(answer)
        found = structured.read(answer.reply, form.sent, form.faults)
        if isinstance(found, dict):
            return self.ctx.succeeded(written(found))
        self.ctx.warnings.append(f"The answer doesn’t fit its schema: {found}")
        return self._ended(answer, "best_effort", MISMATCH)

    def _ended(
        self, answer: Answer, kind: AnswerKind = "final", stop_reason: str = "completed"
    ) -> Result:
        return self.ctx.succeeded(_text(answer.reply), kind, stop_reason)


def _text(reply: Reply) -> str:
    """What a reader sees of it: its text, and the calls that the caller is to make."""
    calls = [f"{call.name}({call.arguments})" for call in reply.tool_calls]
    return "\n".join([*filter(None, [reply.content]), *calls])


def _request(spec: Spec, options: PlainParams, form: Form | None) -> CallRequest:
    model = model_for(spec, ANSWER.role)
    choice = options.tool_choice
    usual = ANSWER.max_output_tokens * cap_factor(model, spec.reasoning_effort)
    return CallRequest(
        key=f"{Plain.key}/{ANSWER.key}",
        label=ANSWER.label,
        model=model,
        messages=_messages(spec, options),
        max_output_tokens=options.max_output_tokens or usual,
        tools=[tool.model_dump() for tool in options.tools],
        tool_choice=choice.model_dump() if isinstance(choice, Choice) else choice,
        schema=form.sent if form else None,
        sampling=options.sampling,
        parallel=options.parallel,
        effort=spec.reasoning_effort,
        verbosity=spec.verbosity,
        closing=True,
    )


def _messages(spec: Spec, options: PlainParams) -> list[Message]:
    """The conversation; the site's own wishes stand before it, where there are any."""
    halves = prompts.composed(spec, ANSWER, {TASK: spec.task})
    system, user = ("".join(piece.text for piece in halves[name]) for name in prompts.HALVES)
    wishes = [{"role": "system", "content": system.strip()}] if system else []
    before, after = (list(map(_message, said)) for said in (options.before, options.after))
    return [*wishes, *before, {"role": "user", "content": user}, *after]


def _message(said: Said) -> Message:
    """As endpoints take it: a content is always there."""
    return {"content": None, **said.model_dump()}
