"""What a user asks for, before it is checked."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from runs.cleaning import cleaned
from runs.states import CacheMode, WhenOutOfMoney


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a run goes on from: after a step of another run, named by key or by its last event."""

    run: UUID
    step: str | int


# Fields that came after the first release with idempotency keys. Left out of the digest where they
# have their defaults, so that a request that is sent again over a release is still the same one.
LATER = ("tags", "session_id", "customer", "front")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a user asks for. `tools=None` means all that the pattern can use.

    `front` is what an API of another shape keeps with the run, to answer in its own words. Its
    texts are cleaned as it is made, whichever way they came; `metadata` is left as it is.
    """

    task: str
    pattern: str = "react"
    model: str = "auto"
    params: dict[str, Any] = field(default_factory=dict)
    tools: tuple[str, ...] | None = None
    max_cost_usd: Decimal | None = None
    when_out_of_money: str = WhenOutOfMoney.CONCLUDE
    cache: str = CacheMode.USE
    custom_instructions: str = ""
    goals: tuple[str, ...] = ()
    prompts: dict[str, dict[str, str]] = field(default_factory=dict)
    prompt_set: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    reasoning_effort: str = ""
    verbosity: str = ""
    deadline_s: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    session_id: str = ""
    customer: str = ""
    fork: Fork | None = None
    answer_schema: dict[str, Any] | None = None
    front: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        texts = {
            "task": cleaned(self.task),
            "custom_instructions": cleaned(self.custom_instructions),
            "goals": tuple(cleaned(goal) for goal in self.goals),
            "prompts": {
                step: {part: cleaned(text) for part, text in parts.items()}
                for step, parts in self.prompts.items()
            },
        }
        for name, value in texts.items():
            object.__setattr__(self, name, value)

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """All that a model will read of it, each with its field."""
        yield "task", self.task
        yield "custom_instructions", self.custom_instructions
        for goal in self.goals:
            yield "goals", goal
        for parts in self.prompts.values():
            for text in parts.values():
                yield "prompts", text

    @property
    def digest(self) -> str:
        """Identifies the request, for idempotency."""
        asked = asdict(self)
        for name in LATER:
            if not asked[name]:
                del asked[name]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
