"""Where dialects are kept."""

from collections.abc import Sequence
from typing import Protocol

from runs.engine.provider.dialects.dialect import Dialect, Lesson


class Dialects(Protocol):
    """What was learnt of the models of one endpoint. No method ever raises or waits for long."""

    def known(self, model: str) -> Dialect:
        """What this process knows at this moment."""
        ...

    async def of(self, model: str) -> Dialect:
        """What is known of a model, by other processes as well."""
        ...

    async def learn(self, model: str, lessons: Sequence[Lesson]) -> None:
        """Keep what refusals taught."""
        ...
