"""One LLM call as a pattern asks for it, with its identity and its bounds."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import orjson

from runs.engine import tokens
from runs.engine.provider.reasoning import cap_factor
from runs.engine.types import Message, ModelRequest, Origin, Reply, StepStart


@dataclass(frozen=True)
class CallRequest:
    """What to ask. `key` is fixed by the call's position in the pattern."""

    key: str
    label: str
    model: str
    messages: list[Message]
    max_output_tokens: int
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_choice: str | dict[str, Any] | None = None
    schema: dict[str, Any] | None = None
    sampling: dict[str, Any] = field(default_factory=dict)
    parallel: bool = True
    effort: str = ""
    verbosity: str = ""
    n: int | None = None
    of: int | None = None
    closing: bool = False
    # Is told the whole text so far, after each piece.
    heard: Callable[[str], None] | None = None

    @cached_property
    def digest(self) -> str:
        """Identity of what is asked; caps and transport settings don't count."""
        asked = [self.model, self.messages, self.tools, self.schema]
        return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def max_input_tokens(self) -> int:
        """The most input tokens this can be."""
        return tokens.bound_input(self.messages, self.tools, self.schema)

    @cached_property
    def counted_input_tokens(self) -> int:
        """The input tokens by our own count."""
        return tokens.count_input(self.messages, self.tools, self.schema)

    def by(self, model: str) -> "CallRequest":
        """The same question to another model, with the cap that it needs."""
        if model == self.model:
            return self
        factor, before = cap_factor(model, self.effort), cap_factor(self.model, self.effort)
        cap = self.max_output_tokens * factor // before
        return replace(self, model=model, max_output_tokens=cap)

    def sent(
        self, max_output_tokens: int, origin: Origin, call_id: str, traceparent: str
    ) -> ModelRequest:
        """What goes to the provider under the cap that was held."""
        return ModelRequest(
            model=self.model,
            messages=self.messages,
            max_output_tokens=max_output_tokens,
            tools=self.tools,
            tool_choice=self.tool_choice,
            schema=self.schema,
            sampling=self.sampling,
            parallel=self.parallel,
            effort=self.effort,
            verbosity=self.verbosity,
            origin=origin,
            key=self.key,
            call_id=call_id,
            traceparent=traceparent,
        )

    def start(self, attempt: int) -> StepStart:
        """This call's attempt, for the journal."""
        return StepStart(
            key=self.key,
            attempt=attempt,
            label=self.label,
            digest=self.digest,
            request={"messages": self.messages, "tools": self.tools, "schema": self.schema},
            model=self.model,
            max_input_tokens=self.max_input_tokens,
            max_output_tokens=self.max_output_tokens,
            n=self.n,
            of=self.of,
            closing=self.closing,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought. A replayed answer's events are in the run's stream already."""

    key: str
    reply: Reply
    replayed: bool = False

    @property
    def text(self) -> str:
        """The answer's text without the blanks around it."""
        return self.reply.content.strip()
