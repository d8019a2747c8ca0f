"""Secrets from files: `SECRET_KEY_FILE=/run/secrets/secret_key` stands for `SECRET_KEY`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource
from pydantic_settings.sources import PydanticBaseSettingsSource

SUFFIX = "_file"
Variables = Mapping[str, str | None]


def variables_of(*sources: PydanticBaseSettingsSource) -> Variables:
    """All variables by their names in small letters; later sources win."""
    variables: dict[str, str | None] = {}
    for source in sources:
        if isinstance(source, EnvSettingsSource):
            variables |= source.env_vars
    return variables


def secret_of(variables: Variables, name: str) -> str | None:
    """The variable's value, or the content of the file that stands for it. Raises ValueError."""
    value, path = variables.get(name), variables.get(f"{name}{SUFFIX}")
    if not path:
        return value
    variable = f"{name}{SUFFIX}".upper()
    if value:
        raise ValueError(f"{name.upper()} and {variable} are both set: leave one out")
    try:
        return Path(path).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        raise ValueError(f"{variable}: {path} can't be read: {reason}") from error


def variables_named(fields: Mapping[str, Any]) -> set[str]:
    """The variables that are read for these fields of a settings class."""
    secrets = {f"{name}{SUFFIX}" for name in _secrets(fields)}
    return {name.upper() for name in {*fields, *secrets}}


def _secrets(fields: Mapping[str, Any]) -> list[str]:
    return [name for name, field in fields.items() if field.annotation is SecretStr]


class VariablesSource(PydanticBaseSettingsSource):
    """A source that makes its values of the environment's variables, all at once."""

    def __init__(self, settings: type[BaseSettings], variables: Variables) -> None:
        super().__init__(settings)
        self._variables = variables

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """No value: fields are not read one by one."""
        return None, field_name, False


class SecretFiles(VariablesSource):
    """Reads the files that stand for secrets."""

    def __call__(self) -> dict[str, Any]:
        """The secrets that are in files."""
        names = _secrets(self.settings_cls.model_fields)
        in_files = [name for name in names if self._variables.get(f"{name}{SUFFIX}")]
        return {name: secret_of(self._variables, name) for name in in_files}
