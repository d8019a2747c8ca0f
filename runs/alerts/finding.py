"""What a look at the site finds worth telling. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from runs.alert_models import Kind

URGENT = (Kind.SPEND_RATE, Kind.SITE_SPEND_RATE, Kind.NO_WORKERS, Kind.TEST)


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert that is true; it is told once by `kind`, `subject`, `threshold` and `starts_at`.

    `data` is JSON: money is text. Without an `owner_id` it is the site's. `token_id` names the
    token whose spend it is about.
    """

    kind: Kind
    subject: str
    starts_at: datetime
    threshold: str = ""
    ends_at: datetime | None = None
    owner_id: int | None = None
    token_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def urgent(self) -> bool:
        """Whether its mail waits for no other one."""
        return self.kind in URGENT
