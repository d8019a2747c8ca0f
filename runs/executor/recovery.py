"""When a resumed run has caught up with what it had done before it was interrupted."""


class Recovery:
    """Follows the replay of finished LLM steps, and says once that it is over."""

    def __init__(self) -> None:
        self._expected: set[str] = set()
        self._untold = False

    def expect(self, key: str) -> None:
        """The journal has this step's answer."""
        self._expected.add(key)

    def read_back(self, key: str) -> None:
        """The step's answer was used."""
        if key in self._expected:
            self._expected.discard(key)
            self._untold = True

    def due(self, *, ended: bool) -> bool:
        """True once: when all was read back, or when the run ends with what was."""
        if not self._untold or (self._expected and not ended):
            return False
        self._untold = False
        return True
