"""Reads JSON objects of a request field by field: wrong types and unknown fields by name."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from web.errors import Problem

T = TypeVar("T")


class InvalidField(Problem):
    """A field whose value can't be used."""

    code = "invalid_value"


class UnsupportedField(Problem):
    """A field, or a value of it, that would change the answer in a way that isn't supported."""

    code = "unsupported_parameter"


class Fields:
    """One object. What was taken is known; `refuse_rest` refuses the others that say something."""

    def __init__(self, given: Any, path: str = "") -> None:
        self.path = path
        if not isinstance(given, dict):
            raise InvalidField("This has to be a JSON object.", field=path or "body")
        self._left: dict[str, Any] = {k: value for k, value in given.items() if value is not None}

    def name(self, key: str) -> str:
        """Where a field is in the whole body."""
        return f"{self.path}.{key}" if self.path else key

    def take(self, key: str, kind: type[T], words: str) -> T | None:
        """A field of this type; None where it says nothing."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InvalidField(f"This has to be {words}.", field=self.name(key))
        return value

    def text(self, key: str) -> str | None:
        """A string."""
        return self.take(key, str, "a string")

    def flag(self, key: str) -> bool:
        """True or false; false where it says nothing."""
        return bool(self.take(key, bool, "true or false"))

    def whole(self, key: str) -> int | None:
        """A whole number of at least 1."""
        value = self.take(key, int, "a whole number")
        if value is not None and value < 1:
            raise InvalidField("This has to be at least 1.", field=self.name(key))
        return value

    def listed(self, key: str) -> list[Any] | None:
        """A list."""
        return self.take(key, list, "a list")

    def object(self, key: str) -> dict[str, Any] | None:
        """An object."""
        return self.take(key, dict, "an object")

    def inner(self, key: str) -> "Fields | None":
        """An object, to be read field by field."""
        value = self.object(key)
        return None if value is None else Fields(value, self.name(key))

    def any(self, key: str) -> Any:
        """A field of whatever type."""
        return self._left.pop(key, None)

    def needed(self, key: str) -> str:
        """A string that can't be left out."""
        value = self.text(key)
        if not value:
            raise InvalidField("This is missing.", field=self.name(key))
        return value

    def refuse_rest(
        self,
        *,
        ignored: Collection[str] = (),
        harmless: Mapping[str, Collection[Any]] | None = None,
        reason: str = "This is not supported.",
    ) -> None:
        """Raise `UnsupportedField` for what is left, but for `ignored` fields and for values that
        change nothing.
        """
        for key, value in self._left.items():
            if key in ignored or value in (harmless or {}).get(key, ()):
                continue
            raise UnsupportedField(reason, field=self.name(key))
