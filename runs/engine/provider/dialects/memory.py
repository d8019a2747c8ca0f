"""Dialects that last as long as the process: for the command line, and beneath every store."""

from collections.abc import Sequence

from runs.engine.provider.dialects.dialect import Dialect, Lesson


class MemoryDialects:
    """What was learnt of one endpoint's models."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {}

    def known(self, model: str) -> Dialect:
        """What is known at this moment."""
        return self._known.get(model, Dialect())

    async def of(self, model: str) -> Dialect:
        """What is known of a model."""
        return self.known(model)

    async def learn(self, model: str, lessons: Sequence[Lesson]) -> None:
        """Keep what refusals taught."""
        for lesson in lessons:
            self._known[model] = self.known(model).knowing(lesson)
