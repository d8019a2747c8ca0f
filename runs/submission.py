"""What a user asks for, before it is checked."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Submission:
    """What a user asks for. `tools=None` means all that the pattern can use."""

    task: str
    pattern: str = "react"
    model: str = "auto"
    params: dict[str, Any] = field(default_factory=dict)
    tools: tuple[str, ...] | None = None
    max_cost_usd: Decimal | None = None
    cache: str = "use"
    custom_instructions: str = ""
    goals: tuple[str, ...] = ()
    prompts: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    deadline_s: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Identifies the request, for idempotency."""
        return hashlib.sha256(
            json.dumps(asdict(self), sort_keys=True, default=str).encode()
        ).hexdigest()
