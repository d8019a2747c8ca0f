"""What can be wrong with a provider's figures."""


class BadExport(Exception):
    """They can't be read; `line` is that of a CSV file, where one is to blame."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.message = message if line is None else f"Line {line}: {message}"
        super().__init__(self.message)


class NotFetched(Exception):
    """The provider didn't give them; the message never holds a key."""
