"""What an app's own errors tell the web. Pure: an app's rules may raise them."""

from collections.abc import Mapping
from typing import ClassVar


class Problem(Exception):
    """An error for the one who asks: a sentence, the field at fault, and HTTP's status and code.

    Each kind of error is a class that declares its own status and stable `code`.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def detail(self) -> str:
        """The sentence of the answer."""
        return self.message

    @property
    def details(self) -> Mapping[str, str | None]:
        """Figures that the answer has beside the sentence."""
        return {}

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the answer."""
        return {}
