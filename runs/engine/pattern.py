"""What a pattern is: its parameters, its steps with their prompts, and what runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from runs.engine.types import Result

if TYPE_CHECKING:
    from runs.engine.context import Context


class Params(BaseModel):
    """A pattern's parameters. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of call. `{name}` stands for a variable; `variables` are those that may be used.

    A text that replaces `user` must use every variable in `required`.
    """

    key: str
    label: str
    role: str
    system: str
    user: str
    variables: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    max_output_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to work on a task.

    `calls` gives the least, usual and most LLM calls for parameters; repairs and retries come on
    top. `closing` is the step whose prompt concludes a run that is out of money or time.
    `turn_bytes` is for conversations, where each call is sent all that came before: the most that
    tools add to it between two calls.
    """

    key: str
    label: str
    summary: str
    params: type[Params]
    steps: tuple[Step, ...]
    closing: str
    needs_tools: bool
    calls: Callable[[Any], tuple[int, int, int]]
    run: Callable[[Context], Awaitable[Result]]
    turn_bytes: Callable[[Any], int] | None = None

    def step(self, key: str) -> Step:
        """One of the steps. Raises KeyError."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)
